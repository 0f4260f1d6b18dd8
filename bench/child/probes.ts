import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';

import type { Kind, Memory, Questions } from './questions.ts';

type Probes = {
  [K in Kind]: (
    ...args: Questions[K]['ask']
  ) => Questions[K]['answer'] | Promise<Questions[K]['answer']>;
};

async function memory(): Promise<Memory> {
  if (!globalThis.gc) throw new Error('The server child needs --expose-gc');
  // Several passes with turns between them: finalizers and weak callbacks free more each time.
  for (let pass = 0; pass < 6; pass++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}

export function createProbes(busy: () => number): Probes {
  // Connected on first use: an attached inspector session alone changes what code costs.
  let connected: Session | undefined;
  const inspector = (): Session => {
    if (!connected) {
      connected = new Session();
      connected.connect();
    }
    return connected;
  };

  return {
    busy,
    memory,
    cpu() {
      const { user, system } = process.cpuUsage();
      return { micros: user + system };
    },
    async 'profile.start'(interval) {
      await inspector().post('Profiler.enable');
      await inspector().post('Profiler.setSamplingInterval', { interval });
      await inspector().post('Profiler.start');
      return null;
    },
    async 'profile.stop'(file) {
      const { profile } = await inspector().post('Profiler.stop');
      writeFileSync(file, JSON.stringify(profile));
      return null;
    },
    async 'allocations.start'(samplingInterval) {
      // Short-lived objects are what a call costs, so the collected ones must stay in the count.
      await inspector().post('HeapProfiler.startSampling', {
        samplingInterval,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      } as { samplingInterval: number });
      return null;
    },
    async 'allocations.stop'(file) {
      const { profile } = await inspector().post('HeapProfiler.stopSampling');
      writeFileSync(file, JSON.stringify(profile));
      return null;
    },
    async snapshot(file) {
      await memory();
      writeHeapSnapshot(file);
      return null;
    },
  };
}
