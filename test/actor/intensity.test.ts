import { describe, expect, it } from 'vitest';
import { RestartIntensity } from '../../src/actor/intensity.ts';

describe('RestartIntensity', () => {
  it('never allows a restart by the policy evict', () => {
    expect(new RestartIntensity('evict').allows(0)).toBe(false);
  });

  it('allows so many within its window, and one more is one too many', () => {
    const intensity = new RestartIntensity({ restarts: 3, withinMs: 1000 });
    expect([0, 1, 2, 3].map((at) => intensity.allows(at))).toEqual([true, true, true, false]);
  });

  it('forgets crashes that are withinMs old', () => {
    const intensity = new RestartIntensity({ restarts: 1, withinMs: 1000 });
    expect([0, 1000, 1999, 3000].map((at) => intensity.allows(at))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});
