import { echoServers, type ServerName } from '../contenders/echo.ts';
import { contenders, type ContenderName } from '../contenders/index.ts';
import { answerAll } from './answers.ts';
import { createProbes } from './probes.ts';
import type { Questions } from './questions.ts';

const [, , name, server] = process.argv;
const contender = await contenders[name as ContenderName](
  echoServers[server as ServerName],
  server as ServerName,
);

answerAll<Questions>(
  createProbes(() => contender.busy()),
  contender.port,
);
