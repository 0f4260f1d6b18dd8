import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { rethrow } from '../support/rethrow.ts';

function setUp(delayMs: number) {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock, rethrow);
  const fired: string[] = [];
  const queue = deadlines.queue<string>(delayMs, (item) => fired.push(item));
  return { clock, deadlines, queue, fired };
}

describe('Deadlines', () => {
  it('fires each item its delay after it was armed, with one timer for all', () => {
    const { clock, queue, fired } = setUp(100);
    for (const item of ['a', 'b', 'c']) {
      queue.arm(item);
      clock.advance(10);
    }
    expect(clock.pending).toBe(1);
    clock.advance(70);
    expect(fired).toEqual(['a']);
    clock.advance(19);
    expect(fired).toEqual(['a', 'b']);
    clock.advance(1);
    expect([fired, clock.pending, queue.size]).toEqual([['a', 'b', 'c'], 0, 0]);
  });

  it('sets its timer for the item that is due next, and not once more for others', () => {
    const { clock, queue } = setUp(100);
    const delays: number[] = [];
    const set = clock.setTimeout.bind(clock);
    clock.setTimeout = (callback, ms) => {
      delays.push(ms);
      return set(callback, ms);
    };
    for (const item of ['a', 'b']) queue.arm(item);
    clock.advance(10);
    queue.arm('c');
    expect(delays).toEqual([100]);
    clock.advance(100);
    expect(delays).toEqual([100, 10]);
  });

  it('knows what is armed, since when and until when', () => {
    const { clock, deadlines, queue } = setUp(100);
    const other = deadlines.queue<string>(10, () => {});
    queue.arm('a');
    clock.advance(1);
    queue.arm('b');
    other.arm('c');
    expect([[...queue.items()], deadlines.size]).toEqual([['a', 'b'], 3]);
    expect([queue.armedAt('b'), queue.dueAt('b')]).toEqual([clock.now(), clock.now() + 100]);
    expect([queue.armedAt('c'), queue.dueAt('c')]).toEqual([undefined, undefined]);
  });

  it('starts anew for an item that is armed again, and never fires one that was disarmed', () => {
    const { clock, queue, fired } = setUp(100);
    queue.arm('again');
    queue.arm('gone');
    clock.advance(60);
    queue.arm('again');
    queue.disarm('gone');
    clock.advance(99);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual(['again']);
  });

  it('keeps the order of arming: the first is the one armed longest ago', () => {
    const { clock, queue } = setUp(100);
    queue.arm('a');
    clock.advance(1);
    queue.arm('b');
    expect(queue.first()).toBe('a');
    queue.arm('a');
    expect(queue.first()).toBe('b');
    expect(queue.armedAt('a')).toBe(clock.now());
    expect(queue.armedAt('none')).toBeUndefined();
  });

  it('serves queues of different delays, whichever is armed first', () => {
    const { clock, deadlines, queue, fired } = setUp(100);
    const quick = deadlines.queue<string>(10, (item) => fired.push(item));
    queue.arm('slow');
    quick.arm('quick');
    clock.advance(10);
    expect(fired).toEqual(['quick']);
    clock.advance(90);
    expect(fired).toEqual(['quick', 'slow']);
  });

  it('never fires where the delay is Infinity, and sets no timer, but keeps the order', () => {
    const { clock, queue, fired } = setUp(Infinity);
    queue.arm('a');
    queue.arm('b');
    clock.advance(1e12);
    expect([fired, clock.pending, queue.first()]).toEqual([[], 0, 'a']);
  });

  it('bridges delays longer than a timer can be', () => {
    const days60 = 60 * 86_400_000;
    const { clock, queue, fired } = setUp(days60);
    const delays: number[] = [];
    const set = clock.setTimeout.bind(clock);
    clock.setTimeout = (callback, ms) => {
      delays.push(ms);
      return set(callback, ms);
    };
    queue.arm('a');
    clock.advance(days60 - 1);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual(['a']);
    expect(Math.max(...delays)).toBeLessThan(2 ** 31);
  });

  it('fires an item that arms itself once per delay', () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock, rethrow);
    let count = 0;
    const queue = deadlines.queue<string>(10, (item) => {
      count++;
      queue.arm(item);
    });
    queue.arm('pulse');
    clock.advance(100);
    expect(count).toBe(10);
  });

  it('goes on when a callback throws: the items after it fire, now and later', () => {
    const clock = new VirtualClock();
    const failed: unknown[] = [];
    const deadlines = new Deadlines(clock, (error) => failed.push(error));
    const fired: string[] = [];
    const queue = deadlines.queue<string>(10, (item) => {
      if (item === 'bad') throw new Error('boom');
      fired.push(item);
    });
    for (const item of ['bad', 'good']) queue.arm(item);
    clock.advance(5);
    queue.arm('later');
    clock.advance(20);
    expect(fired).toEqual(['good', 'later']);
    expect(failed).toEqual([new Error('boom')]);
  });

  it('fires a crowd in parts, and others have their turn between two', () => {
    const { clock, deadlines, queue, fired } = setUp(100);
    const parts: number[] = [];
    const set = clock.setTimeout.bind(clock);
    clock.setTimeout = (callback, ms) => {
      return set(() => {
        const before = fired.length;
        callback();
        parts.push(fired.length - before);
      }, ms);
    };
    const other = deadlines.queue<string>(100, (item) => fired.push(item));
    for (let i = 0; i < 1000; i++) queue.arm(`${i}`);
    other.arm('other');
    clock.advance(100);
    expect(fired.filter((item) => item !== 'other')).toEqual(
      Array.from({ length: 1000 }, (_, i) => `${i}`),
    );
    expect(Math.max(...parts)).toBeLessThanOrEqual(300);
    expect(fired.indexOf('other')).toBeLessThan(300);
    expect(clock.pending).toBe(0);
  });

  it('stop() forgets every item and its timer', () => {
    const { clock, deadlines, queue, fired } = setUp(10);
    queue.arm('a');
    deadlines.stop();
    clock.advance(100);
    expect([fired, clock.pending, queue.size]).toEqual([[], 0, 0]);
    // Whoever arms something after the end waits for nothing.
    queue.arm('b');
    expect(clock.pending).toBe(0);
  });
});
