import { beforeEach, describe, expect, it } from 'vitest';
import { EngineTime } from '../../src/cluster/engineTime.ts';
import { VirtualClock } from '../support/virtualClock.ts';

const LEASE_MS = 3000;

describe('EngineTime', () => {
  let clock: VirtualClock;
  let time: EngineTime;
  let off: number[];
  /** By how much the engine's clock, and the wall clock, are ahead of the steady one. */
  let aheadMs: number;
  let wallAheadMs: number;
  let server: { server: string; since: number };

  beforeEach(() => {
    clock = new VirtualClock();
    off = [];
    aheadMs = 500;
    wallAheadMs = 0;
    server = { server: 'one', since: 0 };
    const wall = (): number => clock.now() + wallAheadMs;
    time = new EngineTime({ clock, wall, clockOff: (byMs) => off.push(byMs) }, LEASE_MS);
  });

  /** A beat that was under way for 20 ms. */
  function beat(): boolean {
    const asked = { steady: clock.now(), wall: clock.now() + wallAheadMs };
    clock.advance(10);
    const now = clock.now() + aheadMs;
    clock.advance(10);
    return time.note({ isKept: true, now, ...server }, asked);
  }

  const measured = (): number => time.now() - clock.now();

  it('is the node’s own before the first beat, and the engine’s after it', () => {
    expect(measured()).toBe(0);
    aheadMs = 3_600_000;
    beat();
    expect([measured(), off]).toEqual([3_600_000, []]);
  });

  it.each([
    [1300, 1300],
    [2000, 1500],
    [-2000, -500],
  ])('moves by a second a beat at most: from 500 to %i, to %i', (next, moved) => {
    beat();
    aheadMs = next;
    beat();
    expect(measured()).toBe(moved);
  });

  it('says once that a clock is off, by more than a minute, until it is not', () => {
    beat();
    aheadMs += 60_000;
    beat();
    expect([time.isOff, off]).toEqual([false, []]);
    aheadMs -= 3_600_000;
    beat();
    beat();
    expect([time.isOff, off.length]).toEqual([true, 1]);
    expect(off[0]).toBeLessThan(-3_500_000);
    aheadMs = measured();
    beat();
    expect(time.isOff).toBe(false);
    aheadMs += 3_600_000;
    beat();
    expect(off.length).toBe(2);
  });

  it('follows at once where the machine slept and its steady clock stood still', () => {
    beat();
    // The machine slept for ten minutes, by the engine’s clock and by the wall clock.
    aheadMs += 600_400;
    wallAheadMs += 600_000;
    beat();
    expect([measured(), off]).toEqual([600_900, []]);
  });

  it('does not follow a wall clock that was set', () => {
    beat();
    wallAheadMs += 3_600_000;
    beat();
    expect([measured(), off]).toEqual([500, []]);
  });

  it('makes floors that are whole and never less than before', () => {
    aheadMs = 500.7;
    beat();
    const first = time.floor();
    expect(first).toBe(Math.trunc(clock.now() + 500.7));
    aheadMs = -5000;
    beat();
    expect([time.now() < first, time.floor()]).toEqual([true, first]);
    clock.advance(2000);
    expect(time.floor()).toBeGreaterThan(first);
  });

  it('is in grace until a lease after the server was first seen, by that server’s clock', () => {
    expect(time.isInGrace).toBe(false);
    server = { server: 'one', since: clock.now() + aheadMs - 1000 };
    expect(beat()).toBe(false);
    clock.advance(LEASE_MS - 1000 - 1 - 10);
    expect(time.isInGrace).toBe(true);
    clock.advance(20);
    expect(time.isInGrace).toBe(false);
  });

  it.each([-3_600_000, 3_600_000])(
    'has the whole grace with a server that is %i ms off',
    (byMs) => {
      beat();
      expect(time.isInGrace).toBe(false);
      aheadMs += byMs;
      server = { server: 'two', since: clock.now() + aheadMs };
      expect(beat()).toBe(true);
      expect(time.isInGrace).toBe(true);
      // A clock that is set within the grace ends nothing.
      aheadMs -= 2 * byMs;
      expect(beat()).toBe(false);
      clock.advance(LEASE_MS - 100);
      expect(time.isInGrace).toBe(true);
      clock.advance(100);
      expect([time.isInGrace, beat(), time.isInGrace]).toEqual([false, false, false]);
    },
  );

  it('is in grace for a lease at most, whatever the server says', () => {
    server = { server: 'one', since: clock.now() + 3_600_000 };
    beat();
    clock.advance(LEASE_MS);
    expect(time.isInGrace).toBe(false);
  });

  it('takes a server that was first seen at another time for another', () => {
    expect(beat()).toBe(false);
    expect(beat()).toBe(false);
    server = { server: 'one', since: clock.now() };
    expect([beat(), time.isInGrace, beat()]).toEqual([true, true, false]);
  });
});
