import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/base/tally.ts';

describe('Tally', () => {
  it('knows who holds most, those without a name together', () => {
    const tally = new Tally();
    expect(tally.most).toBeUndefined();
    tally.add('ann', 3);
    tally.add(undefined, 2);
    tally.add(undefined, 2);
    expect([tally.most, tally.of('ann'), tally.of('bob')]).toEqual([
      { principal: undefined, amount: 4 },
      3,
      0,
    ]);
    tally.add(undefined, -2);
    expect(tally.most?.principal).toBe('ann');
  });

  it('forgets who holds nothing, and counts nobody below nothing', () => {
    const tally = new Tally();
    tally.add('ann', 1);
    tally.add('ann', -5);
    tally.add('bob', -1);
    expect([tally.most, tally.of('ann'), tally.of('bob')]).toEqual([undefined, 0, 0]);
    tally.add('ann', 2);
    expect(tally.of('ann')).toBe(2);
    tally.forget('ann');
    expect(tally.most).toBeUndefined();
  });
});
