import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { Timetable, type Timed } from '../../src/base/timetable.ts';
import { rethrow } from '../support/rethrow.ts';
import { VirtualClock } from '../support/virtualClock.ts';

function setUp() {
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const deadlines = new Deadlines(clock, (error) => failures.push(error));
  return { clock, deadlines, failures, now: clock.now() };
}

describe('Timetable', () => {
  it('fires in order of time, then of adding, whatever is added and removed', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ add: fc.nat(20) }),
        fc.record({ remove: fc.nat(50) }),
        fc.record({ run: fc.nat(20) }),
      ),
      { maxLength: 60 },
    );
    const property = fc.property(steps, (all) => {
      const timetable = new Timetable(1000);
      const model: { at: number; order: number; timed: Timed }[] = [];
      const fired: number[] = [];
      const expected: number[] = [];
      for (const [order, step] of all.entries()) {
        if ('add' in step) {
          const timed = timetable.add(step.add, () => fired.push(order));
          model.push({ at: step.add, order, timed });
          model.sort((a, b) => a.at - b.at || a.order - b.order);
        } else if ('remove' in step) {
          const [removed] = model.splice(step.remove, 1);
          if (removed !== undefined) timetable.remove(removed.timed);
        } else {
          timetable.run(step.run, rethrow);
          while (model[0] !== undefined && model[0].at <= step.run) {
            expected.push(model.shift()!.order);
          }
        }
        expect([timetable.size, timetable.next()]).toEqual([
          model.length,
          model[0]?.at ?? Infinity,
        ]);
      }
      expect(fired).toEqual(expected);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('fires no more than its number in one go, and leaves the rest', () => {
    const timetable = new Timetable(2);
    const fired: string[] = [];
    for (const name of ['a', 'b', 'c']) timetable.add(0, () => fired.push(name));
    timetable.run(0, rethrow);
    expect([fired, timetable.size]).toEqual([['a', 'b'], 1]);
  });

  it('removes what has fired, or is removed, once more without harm', () => {
    const timetable = new Timetable(10);
    const first = timetable.add(0, () => {});
    const second = timetable.add(5, () => {});
    timetable.run(0, rethrow);
    timetable.remove(first);
    expect(timetable.size).toBe(1);
    for (let i = 0; i < 2; i++) timetable.remove(second);
    expect(timetable.size).toBe(0);
  });
});

describe('Deadlines.at', () => {
  it('calls back at a time, once, in the one sweep', () => {
    const { clock, deadlines, now } = setUp();
    const fired: string[] = [];
    deadlines.at(now + 50, () => fired.push('late'));
    deadlines.at(now + 10, () => fired.push('early'));
    expect([clock.pending, deadlines.size]).toEqual([1, 2]);
    clock.advance(10);
    expect(fired).toEqual(['early']);
    clock.advance(1000);
    expect([fired, clock.pending]).toEqual([['early', 'late'], 0]);
  });

  it('calls back at once for a time of the past, and not in the same turn', () => {
    const { clock, deadlines, now } = setUp();
    const fired: number[] = [];
    deadlines.at(now - 1000, () => fired.push(1));
    expect(fired).toEqual([]);
    clock.advance(0);
    expect(fired).toEqual([1]);
  });

  it('calls back no more once it is cancelled', () => {
    const { clock, deadlines, now } = setUp();
    const timed = deadlines.at(now + 10, () => expect.unreachable());
    deadlines.cancel(timed);
    clock.advance(20);
    expect(deadlines.size).toBe(0);
  });

  it('waits for a time that no timer of the host reaches', () => {
    const { clock, deadlines, now } = setUp();
    const year = 365 * 24 * 3_600_000;
    const fired: number[] = [];
    deadlines.at(now + year, () => fired.push(1));
    clock.advance(year - 1);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual([1]);
  });

  it('goes on with the others where one throws', () => {
    const { clock, deadlines, failures, now } = setUp();
    const fired: number[] = [];
    deadlines.at(now + 1, () => {
      throw new Error('this one');
    });
    deadlines.at(now + 1, () => fired.push(1));
    clock.advance(1);
    expect([failures.map(String), fired]).toEqual([['Error: this one'], [1]]);
  });
});
