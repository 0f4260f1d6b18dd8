import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import type { StoreChange } from '../../src/store/store.ts';
import { FaultyStore, type Faults } from '../support/faultyStore.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { storeContract } from './storeContract.ts';

const SEEDS = Array.from({ length: 40 }, (_, i) => i);

const put = (id: string, epoch = 1): StoreChange => ({
  type: 'put',
  record: sessionRecord({ id, epoch }),
});

storeContract(
  'FaultyStore, slow',
  async () => new FaultyStore(new MemoryStore(), 1, { slow: 0.7 }),
);

const up = (a: number, b: number): number => a - b;

/** Which of ten writes, all asked for at once, were made and which were refused. */
async function tenWrites(seed: number, faults: Faults) {
  const inner = new MemoryStore();
  const order: number[] = [];
  const spy = Object.assign(Object.create(inner) as MemoryStore, {
    write: (changes: readonly StoreChange[]) => {
      order.push(changes[0]?.type === 'put' ? changes[0].record.epoch : -1);
      inner.write(changes);
    },
  });
  const store = new FaultyStore(spy, seed, faults);
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, async (_, i) => store.write([put(`${i}a`, i), put(`${i}b`, i)])),
  );
  const refused = results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
  return { order, refused, failures: store.failures };
}

describe('FaultyStore', () => {
  it('does the same with the same seed, and not with every seed', async () => {
    const faults = { slow: 0.5, failing: 0.3, torn: 0.3, reordered: 0.5 };
    const runs = await Promise.all(SEEDS.map((seed) => tenWrites(seed, faults)));
    expect(await Promise.all(SEEDS.map((seed) => tenWrites(seed, faults)))).toEqual(runs);
    expect(new Set(runs.map((run) => JSON.stringify(run))).size).toBeGreaterThan(30);
  });

  it('failing: refuses a write and makes nothing of it', async () => {
    for (const seed of SEEDS) {
      const { order, refused, failures } = await tenWrites(seed, { slow: 0.5, failing: 0.5 });
      expect([...order, ...refused].toSorted(up)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(order).toEqual(order.toSorted(up));
      expect(failures).toBe(refused.length);
    }
  });

  it('torn: makes a write and refuses it', async () => {
    const runs = await Promise.all(SEEDS.map((seed) => tenWrites(seed, { slow: 0.5, torn: 0.5 })));
    for (const { order } of runs) expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(runs.flatMap(({ refused }) => refused).length).toBeGreaterThan(100);
  });

  it('reordered: makes writes in another order, all of them', async () => {
    const runs = await Promise.all(
      SEEDS.map((seed) => tenWrites(seed, { slow: 0.5, reordered: 0.5 })),
    );
    for (const { order } of runs) {
      expect(order.toSorted(up)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(runs.filter(({ order }) => order.some((n, i) => n !== i)).length).toBeGreaterThan(30);
  });

  it('damage: the record is corrupt once, then unknown', async () => {
    const store = new FaultyStore(new MemoryStore(), 1);
    await store.write([put('a')]);
    store.damage('a');
    await expect(store.get('a')).rejects.toMatchObject({ code: 'record-corrupt' });
    expect(await store.get('a')).toBeUndefined();
  });

  it('crash: answers nothing more, and leaves each write whole or not at all', async () => {
    const left = new Set<number>();
    for (const seed of SEEDS) {
      const inner = new MemoryStore();
      const store = new FaultyStore(inner, seed, { slow: 1 });
      let answered = 0;
      for (let i = 0; i < 6; i++) {
        void store.write([put(`${i}a`), put(`${i}b`)]).then(() => answered++);
      }
      await store.crash();
      const before = inner.page({ limit: 100 }).records.map(({ id }) => id);
      const whole = before.filter((id) => id.endsWith('a')).map((id) => id.replace('a', 'b'));
      expect(before.filter((id) => id.endsWith('b'))).toEqual(whole);
      left.add(before.length);
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      expect(inner.count()).toBe(before.length);
      expect(answered).toBe(0);
    }
    expect(left.size).toBeGreaterThan(2);
  });
});
