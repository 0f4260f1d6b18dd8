import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { awaited, both, timerFor, timerOf, within } from '../../src/base/within.ts';
import { turn } from '../support/eventually.ts';
import { rethrow } from '../support/rethrow.ts';
import { VirtualClock } from '../support/virtualClock.ts';

const late = (): Error => new Error('too late');
const never = new Promise<never>(() => {});

function setUp() {
  const clock = new VirtualClock();
  const queue = new Deadlines(clock, rethrow).queue<() => void>(100, (expire) => expire());
  return { clock, queue, timers: { timerOf: timerOf(queue), timerFor: timerFor(clock, 100) } };
}

describe.each(['timerOf', 'timerFor'] as const)('within, with %s', (name) => {
  it('has the outcome of its promise, and nothing waits any more', async () => {
    const { clock, queue, timers } = setUp();
    expect(await within(Promise.resolve(7), timers[name], late)).toBe(7);
    const error = new Error('no');
    await expect(within(Promise.reject(error), timers[name], late)).rejects.toBe(error);
    clock.advance(100);
    expect([queue.size, clock.pending]).toEqual([0, 0]);
  });

  it('forgets its timer with the outcome', async () => {
    const { clock, queue, timers } = setUp();
    await within(Promise.resolve(), timers[name], late);
    // The sweep keeps its own timer until that is due.
    expect(name === 'timerOf' ? queue.size : clock.pending).toBe(0);
  });

  it('has the outcome of a promise that was settled when its time was over', async () => {
    const { clock, timers } = setUp();
    const done = within(Promise.resolve(7), timers[name], late);
    // Nothing that follows a promise has run by then.
    clock.advance(100);
    expect(await done).toBe(7);
  });

  it('rejects when the promise has had its time', async () => {
    const { clock, timers } = setUp();
    let error: unknown;
    within(never, timers[name], late).catch((thrown: unknown) => (error = thrown));
    clock.advance(99);
    await turn();
    expect(error).toBeUndefined();
    clock.advance(1);
    await turn();
    expect(error).toEqual(late());
  });
});

describe('awaited', () => {
  it('says whether a promise settled in time, whatever the outcome', async () => {
    const { clock, timers } = setUp();
    expect(await awaited(Promise.resolve(), timers.timerOf)).toBe(true);
    expect(await awaited(Promise.reject(new Error('no')), timers.timerOf)).toBe(true);
    const lasting = awaited(never, timers.timerOf);
    clock.advance(100);
    expect(await lasting).toBe(false);
  });
});

describe('both', () => {
  it('waits for two promises, or for the one there is', async () => {
    const settled: string[] = [];
    const note = (name: string, promise: Promise<unknown>): void =>
      void promise.then(() => settled.push(name));
    let endOne!: () => void;
    let endOther!: () => void;
    const one = new Promise<void>((resolve) => (endOne = resolve));
    const other = new Promise<void>((resolve) => (endOther = resolve));
    note('both', both(one, other));
    note('one', both(one));
    note('other', both(undefined, other));
    note('none', both(undefined));
    await turn();
    expect(settled).toEqual(['none']);
    endOne();
    await turn();
    expect(settled).toEqual(['none', 'one']);
    endOther();
    await turn();
    expect(settled.toSorted()).toEqual(['both', 'none', 'one', 'other']);
  });
});
