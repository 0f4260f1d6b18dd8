import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExpiryOrder, type Place } from '../../src/store/expiryOrder.ts';
import { seeded } from '../support/seeded.ts';

const place = ({ expiresAt, order }: Place): string => `${expiresAt} ${order}`;
const inOrder = (places: readonly Place[]): Place[] =>
  places.toSorted((a, b) => a.expiresAt - b.expiresAt || a.order - b.order);

it('ExpiryOrder keeps thousands of records in order, however they come and go', async () => {
  const property = fc.asyncProperty(
    fc.constantFrom<(i: number) => number>(
      (i) => i,
      (i) => 5000 - i,
      (i) => (i * 7919) % 5003,
      (i) => i % 3,
    ),
    fc.integer({ min: 1, max: 12 }),
    fc.nat(),
    async (expiry, keepEvery, salt) => {
      const order = new ExpiryOrder<Place>();
      const all = Array.from({ length: 5000 }, (_, i) =>
        // Not in the order of arrival, as where one comes back in.
        ({ expiresAt: expiry(i), order: (i * 31) % 5000 }),
      );
      for (const record of all) order.add(record);
      expect([...order.after()].map(place)).toEqual(inOrder(all).map(place));

      const kept = all.filter((_, i) => (i + salt) % keepEvery === 0);
      for (const [i, record] of all.entries()) {
        if ((i + salt) % keepEvery !== 0) order.remove(record);
      }
      expect([...order.after()].map(place)).toEqual(inOrder(kept).map(place));
      expect(order.size).toBe(kept.length);

      const sorted = inOrder(kept);
      const at = salt % kept.length;
      expect([...order.after(sorted[at])].map(place)).toEqual(sorted.slice(at + 1).map(place));

      for (const record of all) if (!kept.includes(record)) order.add(record);
      expect([...order.after()].map(place)).toEqual(inOrder(all).map(place));
      for (const record of all) order.remove(record);
      expect([...order.after(), order.size]).toEqual([0]);
    },
  );
  await seeded(property, 12);
});

it('ExpiryOrder leaves alone what it does not hold', () => {
  const [a, b] = [
    { expiresAt: 1, order: 1 },
    { expiresAt: 1, order: 2 },
  ];
  const order = new ExpiryOrder(b, a);
  order.remove({ ...a });
  order.remove({ expiresAt: 1, order: 3 });
  expect([...order.after()]).toEqual([a, b]);
  expect(order.size).toBe(2);
});
