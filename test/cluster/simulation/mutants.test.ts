import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { simulate } from '../../simulation/runs.ts';
import { PROGRAM } from './program.ts';

/** Each costs seconds: without `SIM_CLUSTER_MUTANTS=all`, every third is taken out. */
const EACH = process.env['SIM_CLUSTER_MUTANTS'] === 'all' ? 1 : 3;
const taken = Object.entries(MUTANTS).filter((_, i) => i % EACH === 0);

describe('the simulator of a cluster finds each rule that is taken out', () => {
  it.each(taken)('%s', async (name, { seeds: [first, most], finding }) => {
    const played = await simulate(
      { mutant: name, first: true, seed: first, histories: most },
      PROGRAM,
    );
    expect(played.holds).toBe(false);
    expect(played.printed).toMatch(finding);
  });
});
