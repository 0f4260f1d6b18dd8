import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../src/base/byteBudget.ts';

describe('ByteBudget', () => {
  it('gives the first half to whoever comes, however often', () => {
    const budget = new ByteBudget(800);
    for (const bytes of [200, 150, 50]) expect(budget.take('a', bytes)).toBe(true);
    expect(budget.take('a', 1)).toBe(false);
  });

  it('gives half of all to whoever comes first, and no more than all to anybody', () => {
    const budget = new ByteBudget(800);
    expect(budget.take('a', 400)).toBe(true);
    expect(budget.take('a', 1)).toBe(false);
    expect(budget.take('b', 399)).toBe(true);
    expect(budget.take('c', 2)).toBe(false);
    expect(budget.take('c', 1)).toBe(true);
  });

  it('keeps the rest for those below an eighth of all, whoever took the first half', () => {
    const budget = new ByteBudget(800);
    budget.take('greedy', 400);
    for (const holder of ['a', 'b', 'c', 'd']) {
      expect(budget.take(holder, 60)).toBe(true);
      expect(budget.take(holder, 40)).toBe(true);
      expect(budget.take(holder, 1)).toBe(false);
    }
    expect(budget.take('e', 1)).toBe(false);
    budget.give('greedy', 100);
    // Above half, still: the greedy get nothing of what they gave back.
    expect(budget.take('greedy', 1)).toBe(false);
    expect(budget.take('e', 100)).toBe(true);
  });

  it('takes what is alone, however large', () => {
    const budget = new ByteBudget(10);
    expect(budget.take('a', 100)).toBe(true);
    expect(budget.take('b', 1)).toBe(false);
    budget.give('a', 100);
    expect(budget.take('b', 100)).toBe(true);
  });

  it('add: counts what there is no room for, and others have less', () => {
    const budget = new ByteBudget(800);
    budget.add('a', 300);
    budget.add('a', 499);
    expect([budget.take('a', 1), budget.take('b', 2), budget.take('b', 1)]).toEqual([
      false,
      false,
      true,
    ]);
    budget.give('a', 799);
    expect(budget.take('a', 399)).toBe(true);
  });

  it('has everything to give again when all was given back', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', undefined), fc.nat(300)));
    fc.assert(
      fc.property(steps, (all) => {
        const budget = new ByteBudget<string | undefined>(1000);
        const taken = all.filter(([holder, bytes]) => budget.take(holder, bytes));
        for (const [holder, bytes] of taken) budget.give(holder, bytes);
        expect([budget.take('a', 500), budget.take('b', 500)]).toEqual([true, true]);
      }),
    );
  });

  it('forgets holders that have nothing, a few left out', () => {
    const budget = new ByteBudget<number>(1000);
    budget.take(-1, 1);
    for (let holder = 0; holder < 200; holder++) {
      budget.take(holder, 1);
      budget.give(holder, 1);
      expect(budget.known).toBeLessThanOrEqual(66);
    }
    for (let round = 0; round < 200; round++) {
      budget.give(-1, 1);
      budget.take(-1, 1);
    }
    expect(budget.known).toBeLessThanOrEqual(66);
  });
});
