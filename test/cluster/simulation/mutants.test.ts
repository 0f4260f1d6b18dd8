import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { simulate } from './runs.ts';

describe('the simulator of a cluster finds each rule that is taken out', () => {
  it.each(Object.entries(MUTANTS))(
    '%s',
    async (name, { seeds: [first, most], finding }) => {
      const played = await simulate({ mutant: name, first: true, seed: first, histories: most });
      expect(played.holds).toBe(false);
      expect(played.printed).toMatch(finding);
    },
    300_000,
  );
});
