import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SmallMap } from '../../src/session/asks.ts';

const keys = fc.constantFrom<string | number>(0, 1, '', '1', 'a', 'b');

it('is a Map, whatever is done with it', () => {
  const step = fc.record({ key: keys, value: fc.option(fc.nat(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const map = new Map<string | number, number>();
      const small = new SmallMap<string | number, number>();
      for (const { key, value } of steps) {
        if (value === undefined) {
          map.delete(key);
          small.delete(key);
        } else {
          map.set(key, value);
          small.set(key, value);
        }
        expect([...small]).toEqual([...map]);
        expect([...small.values()]).toEqual([...map.values()]);
        expect([small.size, small.firstKey]).toEqual([map.size, [...map.keys()][0]]);
        expect([small.has(key), small.get(key)]).toEqual([map.has(key), map.get(key)]);
      }
    }),
  );
});

it('goes on where an entry is taken out while the entries are read', () => {
  const small = new SmallMap<string, number>();
  for (const [at, key] of ['a', 'b', 'c'].entries()) small.set(key, at);
  const read: string[] = [];
  for (const [key] of small) {
    read.push(key);
    small.delete(key);
  }
  expect([read, small.size]).toEqual([['a', 'b', 'c'], 0]);
});
