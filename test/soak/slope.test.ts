import { expect, test } from 'vitest';
import { Random } from '../simulation/random.ts';
import { grows, slopeOf } from './slope.ts';

const noisy = (perStep: number): number[] => {
  const random = new Random(7);
  return Array.from({ length: 60 }, (_, i) => 1000 + perStep * i + 40 * (random.next() - 0.5));
};

test('slopeOf finds the growth of a line', () => {
  expect(slopeOf([1, 2, 3, 4])).toEqual({ growth: 3, noise: 0, mean: 2.5 });
  expect(() => slopeOf([1, 2])).toThrow('three figures');
});

test('grows tells a leak from noise', () => {
  expect(grows(noisy(0), 10)).toBe(false);
  expect(grows(noisy(-1), 10)).toBe(false);
  expect(grows(noisy(1), 10)).toBe(true);
});
