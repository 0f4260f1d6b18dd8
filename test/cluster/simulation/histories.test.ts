import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { FOUND } from './found.ts';
import { fastNode } from '../../simulation/fastNode.ts';
import { simulate } from '../../simulation/runs.ts';
import { PROGRAM } from './program.ts';

const HISTORIES = Number(process.env['SIM_CLUSTER_HISTORIES'] ?? 60);
const FIRST = Number(process.env['SIM_SEED'] ?? 1);
const WORKERS = Math.min(availableParallelism(), 4);

describe('any simulated history of nodes, their engine, their link and clients', () => {
  it.concurrent.each(Array.from({ length: WORKERS }, (_, worker) => worker))(
    'keeps the invariants (worker %i)',
    async (worker) => {
      const histories = Math.ceil(HISTORIES / WORKERS);
      const range = { seed: FIRST + worker, stride: WORKERS, histories };
      const played = await simulate(range, PROGRAM, fastNode());
      expect(played).toMatchObject({ holds: true });
    },
    20 * 60_000,
  );

  it.each(FOUND)('seed $seed: $what', async ({ seed, faults }) => {
    const played = await simulate({ seed, faults: faults?.join() }, PROGRAM);
    expect(played).toMatchObject({ holds: true });
  });

  it('is the same each time a seed is played', async () => {
    const one = { hashes: true, seed: FIRST, histories: 3 } as const;
    const [a, b] = await Promise.all([simulate(one, PROGRAM), simulate(one, PROGRAM)]);
    expect(a.printed).toMatch(/^seed \d+ hash \d+$/m);
    expect(hashesIn(a.printed)).toEqual(hashesIn(b.printed));
  });
});

function hashesIn(printed: string): readonly string[] {
  return printed.match(/^seed \d+ hash .*$/gm) ?? [];
}
