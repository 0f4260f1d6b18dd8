import { expect, it } from 'vitest';
import { BoundedMap } from '../../src/base/boundedMap.ts';

it('BoundedMap drops what came first, and says so', () => {
  const dropped: string[] = [];
  const map = new BoundedMap<number, string>(2, (value) => dropped.push(value));
  map.set(1, 'one').set(2, 'two').set(1, 'first').set(3, 'three');
  expect([...map]).toEqual([
    [2, 'two'],
    [3, 'three'],
  ]);
  expect(dropped).toEqual(['first']);
});
