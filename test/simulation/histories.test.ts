import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { FOUND } from './found.ts';
import { fastNode } from './fastNode.ts';
import { simulate } from './runs.ts';

const HISTORIES = Number(process.env['SIM_HISTORIES'] ?? 2000);
const FIRST = Number(process.env['SIM_SEED'] ?? 1);
const WORKERS = Math.min(availableParallelism(), 4);
/** Of all histories, those of sessions alone and those of both eras on one URL. */
const SHARES = { sessions: 0.65, both: 0.35 } as const;
const PLAYED = Object.entries(SHARES).flatMap(([era, share]) =>
  Array.from({ length: WORKERS }, (_, worker) => ({ era, share, worker })),
);

describe('any simulated history of clients, disks, clocks and user code', () => {
  it.concurrent.each(PLAYED)(
    'keeps the invariants ($era, worker $worker)',
    async ({ era, share, worker }) => {
      const histories = Math.ceil((HISTORIES * share) / WORKERS);
      const range = { era, seed: FIRST + worker, stride: WORKERS, histories };
      const played = await simulate(range, undefined, fastNode());
      expect(played).toMatchObject({ holds: true });
    },
    20 * 60_000,
  );

  it.each(FOUND)('seed $seed: $what', async ({ seed, steps, era, keep }) => {
    const played = await simulate({ seed, steps, era, keep: keep?.join() });
    expect(played).toMatchObject({ holds: true });
  });

  it.each(['sessions', 'both'])('is the same each time a seed is played (%s)', async (era) => {
    const histories = Math.ceil(HISTORIES / 200);
    const one = { hashes: true, era, seed: FIRST, histories } as const;
    const [a, b] = await Promise.all([simulate(one), simulate(one)]);
    expect(a.printed).toMatch(/^seed \d+ hash \d+$/m);
    expect(hashesIn(a.printed)).toEqual(hashesIn(b.printed));
  });
});

function hashesIn(printed: string): readonly string[] {
  return printed.match(/^seed .*$/gm) ?? [];
}
