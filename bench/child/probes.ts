import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { writeHeapSnapshot } from 'node:v8';

import type { Answers } from './answers.ts';
import { memory } from './memory.ts';
import type { Questions } from './questions.ts';

export function createProbes(busy: () => number): Answers<Questions> {
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
      return { micros: user + system, userMicros: user };
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
