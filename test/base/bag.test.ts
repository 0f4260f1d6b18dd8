import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bag } from '../../src/base/bag.ts';

const deed = fc.record({ isAdded: fc.boolean(), item: fc.nat(9) });

it('Bag.pick reaches each item that is in it, and no other', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
      const bag = new Bag<number>();
      const inside = new Set<number>();
      for (const { isAdded, item } of deeds) {
        if (isAdded) bag.add(item);
        else bag.delete(item);
        if (isAdded) inside.add(item);
        else inside.delete(item);
        expect(bag.size).toBe(inside.size);
        const picked = Array.from({ length: bag.size }, (_, i) => bag.pick((i + 0.5) / bag.size));
        expect(new Set(picked)).toEqual(inside);
      }
      expect(bag.pick(0.5) === undefined).toBe(inside.size === 0);
    }),
    { numRuns: 300 },
  );
});
