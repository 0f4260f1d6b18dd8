import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { simulate } from './runs.ts';

describe('the simulator finds what a mend has mended when the mend is taken out', () => {
  it.each(Object.entries(MUTANTS))('%s', async (name, { era, seeds: [first, most], finding }) => {
    const { printed, holds } = await simulate({
      mutant: name,
      era,
      first: true,
      seed: first,
      histories: most,
    });
    expect(holds).toBe(false);
    expect(printed).toMatch(finding);
  });
});
