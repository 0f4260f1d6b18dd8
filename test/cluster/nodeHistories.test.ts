import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../support/seeded.ts';
import { NodeHistory, step } from './nodeHistory.ts';

const RUNS = 100;

describe('a Node', () => {
  it('never serves without a lease, recovers once at a time, and has all asserted or lost before it is live', async () => {
    let served = 0;
    await seeded(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
        const history = new NodeHistory();
        await history.start();
        for (const each of steps) await history.run(each);
        await history.heal();
        expect([...history.flaws]).toEqual([]);
        served += history.served;
      }),
      RUNS,
    );
    expect(served).toBeGreaterThan(RUNS);
  });
});
