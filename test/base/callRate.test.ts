import { array, assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallRate } from '../../src/base/callRate.ts';

describe('U18: CallRate', () => {
  it('gives a minute of calls at once, and then one by one', () => {
    const rate = new CallRate(3);
    expect([rate.take(0), rate.take(0), rate.take(0)]).toEqual([0, 0, 0]);
    expect(rate.take(0)).toBeCloseTo(20_000);
    expect(rate.take(19_999)).toBeCloseTo(1);
    expect(rate.take(20_000)).toBe(0);
    expect(rate.take(20_000)).toBeGreaterThan(0);
  });

  it('never gives more than what was there and what came back', () => {
    const waits = array(nat({ max: 20_000 }), { minLength: 1, maxLength: 200 });
    assert(
      property(integer({ min: 1, max: 50 }), waits, (perMinute, steps) => {
        const rate = new CallRate(perMinute);
        let now = 0;
        let given = 0;
        for (const wait of steps) {
          now += wait;
          if (rate.take(now) === 0) given++;
        }
        expect(given).toBeLessThanOrEqual(perMinute + (now / 60_000) * perMinute + 1e-6);
      }),
    );
  });

  it('owes nothing once what was taken came back', () => {
    const rate = new CallRate(60);
    expect(rate.isFull(0)).toBe(true);
    rate.take(0);
    expect([rate.isFull(999), rate.isFull(1000)]).toEqual([false, true]);
  });
});
