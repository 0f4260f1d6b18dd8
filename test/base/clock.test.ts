import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';

afterEach(() => void vi.useRealTimers());

describe('systemClock', () => {
  it('fires once, after the delay, unless it is cleared', () => {
    vi.useFakeTimers();
    const fired: string[] = [];
    systemClock.setTimeout(() => fired.push('a'), 100);
    systemClock.clearTimeout(systemClock.setTimeout(() => fired.push('b'), 100));
    vi.advanceTimersByTime(99);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(fired).toEqual(['a']);
  });

  it.each([2 ** 31, Infinity])('does not fire at once for a delay of %d', (delay) => {
    vi.useFakeTimers();
    const fired: number[] = [];
    systemClock.setTimeout(() => fired.push(delay), delay);
    vi.advanceTimersByTime(86_400_000);
    expect(fired).toEqual([]);
  });

  it('keeps no process alive', () => {
    const timer = systemClock.setTimeout(() => {}, 1000) as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    systemClock.clearTimeout(timer);
  });

  it('takes whatever it is given to clear', () => {
    expect(() => systemClock.clearTimeout(undefined)).not.toThrow();
  });

  it('tells the time of day', () => {
    const now = systemClock.now();
    expect(Math.abs(Date.now() - now)).toBeLessThan(1000);
  });
});
