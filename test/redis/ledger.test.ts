import { expect, it } from 'vitest';
import { Ledger } from '../../src/redis/ledger.ts';

/** A ledger and its time. */
function ledgerOf(maxBytes: number) {
  const time = { now: 0 };
  const ledger = new Ledger(maxBytes, () => time.now);
  const write = (bytes: number, isAcknowledged = true): number => {
    const number = ledger.next();
    if (isAcknowledged) ledger.acknowledge(number, [`write ${number}`], bytes);
    return number;
  };
  const since = (number: number) => {
    const { entries, isWhole } = ledger.since(number);
    return [entries.map((entry) => entry.number), isWhole];
  };
  return { ledger, time, write, since };
}

it('Ledger remembers what was acknowledged, in order, and nothing else', () => {
  const { ledger, write, since } = ledgerOf(1000);
  write(10);
  write(10, false);
  write(10);
  expect(ledger.acknowledged).toBe(3);
  expect(since(0)).toEqual([[1, 3], true]);
  expect(since(1)).toEqual([[3], true]);
  expect(since(3)).toEqual([[], true]);
});

it('Ledger forgets the oldest beyond maxBytes, and knows that it does', () => {
  const { write, since } = ledgerOf(25);
  for (let n = 0; n < 4; n++) write(10);
  expect(since(0)).toEqual([[3, 4], false]);
  expect(since(1)).toEqual([[3, 4], false]);
  // What is missing behind 2 is all there.
  expect(since(2)).toEqual([[3, 4], true]);
  write(100);
  expect(since(4)).toEqual([[], false]);
  expect(since(5)).toEqual([[], true]);
});

it('Ledger forgets what is older than ten seconds', () => {
  const { ledger, time, write, since } = ledgerOf(1000);
  write(10);
  time.now = 6000;
  write(10);
  time.now = 11_000;
  ledger.forget();
  expect(since(0)).toEqual([[2], false]);
  time.now = 20_000;
  ledger.forget();
  expect(since(1)).toEqual([[], false]);
  expect(since(2)).toEqual([[], true]);
});
