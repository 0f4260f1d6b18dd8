import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Chain, type Chained } from '../../src/base/chain.ts';

class Item implements Chained<Item> {
  chain: object | null = null;
  older: Item | null = null;
  newer: Item | null = null;
}

/** The items of a chain, by its links. */
function itemsOf({ first }: Chain<Item>): Item[] {
  const items: Item[] = [];
  for (let item = first; item !== null; item = item.newer) items.push(item);
  return items;
}

const anyDeed = fc.record({ isAdded: fc.boolean(), index: fc.nat(7) });

it('Chain keeps the order of adding, whoever is taken out', () => {
  fc.assert(
    fc.property(fc.array(anyDeed, { maxLength: 60 }), (deeds) => {
      const [chain, other] = [new Chain<Item>(), new Chain<Item>()];
      const items = Array.from({ length: 8 }, () => new Item());
      let inside: Item[] = [];
      for (const { isAdded, index } of deeds) {
        const item = items[index]!;
        other.delete(item);
        chain.delete(item);
        inside = inside.filter((each) => each !== item);
        if (isAdded) chain.add(item);
        if (isAdded) inside.push(item);
        expect(itemsOf(chain)).toEqual(inside);
      }
    }),
    { numRuns: 200 },
  );
});
