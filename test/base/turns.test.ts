import { expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Turns } from '../../src/base/turns.ts';
import { turn } from '../support/eventually.ts';
import { VirtualClock } from '../support/virtualClock.ts';

it('after 1000 messages whoever waits does so until the next turn of the event loop', async () => {
  const turns = new Turns(systemClock);
  for (let i = 0; i < 1000; i++) expect(turns.due()).toBeUndefined();
  let hadTurn = false;
  setImmediate(() => (hadTurn = true));
  const due = turns.due();
  // One wait for all, and nothing is said without it meanwhile.
  expect(turns.due()).toBe(due);
  await due;
  expect(hadTurn).toBe(true);
  expect(turns.due()).toBeUndefined();
});

it('after 64 KiB as well', async () => {
  const turns = new Turns(systemClock);
  turns.said(64 * 1024);
  expect(turns.due()).toBeUndefined();
  turns.said(1);
  await turns.due();
  expect(turns.due()).toBeUndefined();
});

it('a virtual clock holds nobody back: turns take no time', async () => {
  const clock = new VirtualClock();
  const turns = new Turns(clock);
  turns.said(100_000);
  await turns.due();
  expect([clock.now(), clock.pending]).toEqual([1_000_000, 0]);
});

it('a clock that knows no turns has its timer of 0 ms used', async () => {
  const clock = new VirtualClock();
  const turns = new Turns({
    now: () => clock.now(),
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  });
  turns.said(100_000);
  let isOver = false;
  void turns.due()?.then(() => (isOver = true));
  await turn();
  expect(isOver).toBe(false);
  clock.advance(0);
  await turn();
  expect(isOver).toBe(true);
});
