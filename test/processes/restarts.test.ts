import { expect, it } from 'vitest';
import { Restarts } from '../../src/processes/restarts.ts';

const failed = (index = 1) => ({ index, servedMs: undefined });
const served = (servedMs: number, index = 1) => ({ index, servedMs });

it('Restarts gives up at once where no process has ever served', () => {
  expect(new Restarts().ended(failed())).toBeUndefined();
});

it('Restarts gives up where five in a row end before they serve, whatever their numbers', () => {
  const restarts = new Restarts();
  restarts.served();
  const delays = [1, 2, 3, 4].map((index) => restarts.ended(failed(index)));
  expect(delays).toEqual([0, 0, 0, 0]);
  restarts.served();
  for (const index of [1, 2, 3, 4]) restarts.ended(failed(index));
  expect(restarts.ended(failed(5))).toBeUndefined();
});

it('Restarts replaces a process later each time it ends soon, within bounds, and others at once', () => {
  const restarts = new Restarts();
  restarts.served();
  const delays = Array.from({ length: 9 }, () => restarts.ended(served(9999)));
  expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 5000, 5000, 5000]);
  expect(restarts.ended(served(9999, 2))).toBe(0);
  expect(restarts.ended(served(10_000))).toBe(0);
  expect([restarts.ended(served(1)), restarts.ended(served(1))]).toEqual([0, 100]);
});
