import { writeHeapSnapshot } from 'node:v8';

import { answerAll } from '../../child/answers.ts';
import { memory } from '../../child/memory.ts';
import { Population } from './population.ts';
import type { SleepQuestions } from './questions.ts';

const [, , size, folder] = process.argv;
const population = new Population(Number(size), folder);

answerAll<SleepQuestions>(
  {
    state: () => population.state(),
    memory,
    snapshot: async (file) => {
      await memory();
      writeHeapSnapshot(file);
      return null;
    },
    fill: (count) => population.fill(count),
    wakes: (count) => population.wakes(count),
    rest: () => population.rest(),
    dozeOff: (count) => population.dozeOff(count),
    expire: () => population.expire(),
    some: (count) => population.some(count),
    adopt: (known) => population.adopt(known),
    close: () => population.close(),
  },
  0,
);
