import type { Work } from '../../bench/figures/work.ts';
import type { SavedRun } from '../../bench/report/saved.ts';
import { readOptions } from '../../bench/options.ts';

/** What a contender did in some rounds: so many a second, for so many microseconds each. */
export function works(
  ...rounds: readonly (readonly [perSecond: number, micros: number])[]
): Work[] {
  return rounds.map(([perSecond, micros]) => ({
    perSecond,
    serverMicros: micros,
    userMicros: micros / 2,
    serverCpuShare: 1,
    driverCpuShare: 0.5,
  }));
}

/** A run on a Node.js, with the figures that are given. */
export function run(
  major: number,
  figures: Partial<SavedRun>,
  server: 'McpServer' | 'Server' = 'McpServer',
): SavedRun {
  return {
    node: `v${major}.1.0`,
    options: readOptions(['--server', server]),
    profiles: [],
    ...figures,
  };
}
