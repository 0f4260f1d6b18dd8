import { expect, it } from 'vitest';
import { DeadlineChain, type Deadlined } from '../../src/base/chain.ts';
import { Deadlines } from '../../src/base/deadlines.ts';
import { rethrow } from '../support/rethrow.ts';
import { VirtualClock } from '../support/virtualClock.ts';

class Item implements Deadlined<Item> {
  chain: object | null = null;
  older: Item | null = null;
  newer: Item | null = null;
  armedAt = 0;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function setUp(delayMs: number, failed = rethrow) {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock, failed);
  const fired: string[] = [];
  const chain = new DeadlineChain<Item>(deadlines, delayMs, ({ name }) => {
    fired.push(name);
    if (name === 'throws') throw new Error('thrown');
  });
  return { clock, deadlines, chain, fired };
}

it('fires each item its delay after it was armed last, with the timer of the sweep', () => {
  const { clock, deadlines, chain, fired } = setUp(100);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Item(name));
  for (const item of [a!, b!, c!]) chain.arm(item);
  clock.advance(10);
  chain.arm(a!);
  chain.disarm(c!);
  chain.disarm(c!);
  expect([clock.pending, deadlines.size]).toEqual([1, 2]);
  clock.advance(90);
  expect(fired).toEqual(['b']);
  clock.advance(10);
  expect([fired, chain.size, clock.pending]).toEqual([['b', 'a'], 0, 0]);
});

it('goes on behind an item that throws, and leaves an item for later that is armed meanwhile', () => {
  const errors: unknown[] = [];
  const { clock, chain, fired } = setUp(100, (error) => errors.push(error));
  for (const name of ['throws', 'next']) chain.arm(new Item(name));
  clock.advance(100);
  expect([fired, errors]).toEqual([['throws', 'next'], [new Error('thrown')]]);
});

it('gives others their turn between two goes of many items', () => {
  const { clock, chain, fired } = setUp(100);
  for (let i = 0; i < 300; i++) chain.arm(new Item(String(i)));
  let most = 0;
  const set = clock.setTimeout.bind(clock);
  clock.setTimeout = (callback, ms) => {
    most = Math.max(most, fired.length);
    return set(callback, ms);
  };
  clock.advance(100);
  expect([most, fired.length]).toEqual([256, 300]);
});

it('never fires without an end of the delay, or once the sweep has stopped', () => {
  const { clock, deadlines, chain, fired } = setUp(Infinity);
  chain.arm(new Item('a'));
  expect([clock.pending, chain.next()]).toEqual([0, Infinity]);
  const other = new DeadlineChain<Item>(deadlines, 10, ({ name }) => fired.push(name));
  other.arm(new Item('b'));
  deadlines.stop();
  clock.advance(20);
  expect([fired, other.size, chain.size]).toEqual([[], 0, 0]);
});
