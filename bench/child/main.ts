import type { Setting } from '../contenders/setting.ts';
import { echoServers } from '../contenders/echo.ts';
import { type ContenderName, contenders } from '../contenders/index.ts';
import { answerAll } from './answers.ts';
import { createProbes } from './probes.ts';
import type { Questions } from './questions.ts';

const [, , name, text = ''] = process.argv;
const setting = JSON.parse(text) as Setting;
const contender = await contenders[name as ContenderName].start(
  echoServers[setting.server],
  setting,
);

answerAll<Questions>(
  createProbes(() => contender.busy()),
  contender.port,
);
