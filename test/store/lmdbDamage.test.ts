import { openLmdbStore, type LmdbStoreOptions } from 'mcp-actors/lmdb';
import { describe, expect, it } from 'vitest';
import { RECORD_FORMAT, type SessionRecord } from '../../src/store/record.ts';
import { encodeRecord } from '../../src/store/codec/recordCodec.ts';
import type { SessionStore, StoreChange } from '../../src/store/store.ts';
import { rawStore, type RawStore } from '../support/rawStore.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { storeFolder } from '../support/storeFolder.ts';

const put = (over: Partial<SessionRecord>): StoreChange => ({
  type: 'put',
  record: sessionRecord(over),
});
const row = (id: string, n: number): StoreChange => ({ type: 'row', id, n, row: `${id}${n}` });
const corrupt = { code: 'record-corrupt' };
const ids = (records: readonly SessionRecord[]): string[] => records.map(({ id }) => id);

/** A store with some changes, then damaged, then opened again. */
async function damaged(
  changes: readonly StoreChange[],
  damage: (tables: RawStore) => void,
  options: Partial<LmdbStoreOptions> = {},
): Promise<{ store: SessionStore; path: string }> {
  const { path, opened } = storeFolder();
  const first = openLmdbStore({ path });
  await first.write(changes);
  await first.close();
  await rawStore(path, damage);
  return { path, store: opened(openLmdbStore({ path, ...options })) };
}

/** Puts other bytes in the place of a value. */
function change(table: RawStore['records'], key: Buffer, to: (bytes: Buffer) => Uint8Array): void {
  table.putSync(key, Buffer.from(to(Buffer.from(table.get(key)!))));
}

function flip(at: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    bytes[at % bytes.length]! ^= 1 << (at % 8);
    return bytes;
  };
}

const keyOf = (table: RawStore['records'], index = 0): Buffer =>
  Buffer.from([...table.getKeys({})][index]!);

describe('a damaged record', () => {
  const { length } = encodeRecord(sessionRecord({ id: 'a', principal: 'ann' }));

  it.each(
    Array.from({ length: Math.ceil(length / 7) }, (_, i) => i * 7).concat(1, 2, 3, 4, 5, 6, 8),
  )('with byte %d changed is corrupt once, then unknown, and nothing is left of it', async (at) => {
    const { store, path } = await damaged(
      [put({ id: 'a', principal: 'ann' }), { type: 'row', id: 'a', n: 1, row: 'one' }],
      ({ records }) => change(records, keyOf(records), flip(at)),
    );
    await expect((async () => store.get('a'))()).rejects.toMatchObject(corrupt);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.rows('a')).toEqual([]);
    expect(await store.count()).toBe(0);
    // Where the place of the record was damaged, its lists are tidied when they are read.
    expect(await store.due(Infinity, 10)).toEqual([]);
    expect(await store.page({ principal: 'ann', limit: 10 })).toMatchObject({ records: [] });
    await store.write([put({ id: 'b' })]);
    await store.close();
    const left = await rawStore(path, ({ due, owned, rows, aside }) =>
      [due, owned, rows, aside].map((table) => [...table.getKeys({})].length),
    );
    expect(left).toEqual([1, 0, 0, 1]);
  });

  it.each([0, 1, 3, 4, 20, 28, 29, 40])('cut to %d bytes is corrupt', async (size) => {
    const { store } = await damaged([put({ id: 'a' })], ({ records }) =>
      change(records, keyOf(records), (bytes) => bytes.subarray(0, size)),
    );
    await expect((async () => store.get('a'))()).rejects.toMatchObject(corrupt);
    expect(await store.get('a')).toBeUndefined();
  });

  it('tells nothing of what was in it', async () => {
    const { store } = await damaged([put({ id: 'a', state: 'a secret' })], ({ records }) =>
      change(records, keyOf(records), flip(100)),
    );
    const error: unknown = await Promise.resolve(store.get('a')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { message: 'The checksum is wrong' } });
  });

  it('is left out of pages and of what is due, and put aside', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((id, i) => put({ id, expiresAt: i, principal: 'p' }));
    const { store } = await damaged(all, ({ records }) => {
      for (const index of [0, 2, 3]) change(records, keyOf(records, index), flip(200));
    });
    const due = ids(await store.due(Infinity, 2));
    expect(due).toHaveLength(2);
    const page = await store.page({ principal: 'p', limit: 2 });
    expect(ids(page.records)).toEqual(due);
    expect(page.next).toBeUndefined();
    await store.write([put({ id: 'z', expiresAt: 9 })]);
    expect(await store.count()).toBe(3);
    expect(await store.count('p')).toBe(2);
  });

  it('is no longer corrupt once it is written anew', async () => {
    const { store } = await damaged(
      [put({ id: 'a', expiresAt: 7, principal: 'p' })],
      ({ records }) => change(records, keyOf(records), flip(9)),
    );
    await store.write([put({ id: 'a', expiresAt: 8 })]);
    expect(await store.get('a')).toMatchObject({ expiresAt: 8 });
    expect(ids(await store.due(Infinity, 10))).toEqual(['a']);
    expect((await store.page({ principal: 'p', limit: 10 })).records).toEqual([]);
  });

  it('stays aside up to maxAside, the latest ones', async () => {
    const all = Array.from({ length: 6 }, (_, i) => put({ id: `${i}` }));
    const { store, path } = await damaged(
      all,
      ({ records }) => {
        for (let i = 0; i < 6; i++) change(records, keyOf(records, i), flip(50));
      },
      { maxAside: 2 },
    );
    for (let i = 0; i < 6; i++) await Promise.resolve(store.get(`${i}`)).catch(() => {});
    await store.close();
    const numbers = await rawStore(path, ({ aside }) =>
      Array.from(aside.getKeys({}), (key) => Number(key.readBigUInt64BE())),
    );
    expect(numbers).toEqual([5, 6]);
  });
});

describe('a damaged row', () => {
  it('takes the log of its session with it, and no other', async () => {
    const { store } = await damaged(
      [put({ id: 'a' }), put({ id: 'b' }), row('a', 1), row('a', 2), row('b', 1)],
      ({ rows }) => {
        const key = [...rows.getKeys({})].find((each) => rows.get(each)!.includes('a2'))!;
        change(rows, Buffer.from(key), flip(6));
      },
    );
    await expect((async () => store.rows('a'))()).rejects.toMatchObject(corrupt);
    expect(await store.rows('a')).toEqual([]);
    expect(await store.get('a')).toMatchObject({ id: 'a' });
    expect(await store.rows('b')).toEqual([{ n: 1, row: 'b1' }]);
  });
});

describe('formats', () => {
  const old = sessionRecord({ id: 'a', state: 'old' });
  const asOf = (format: number) => (tables: RawStore) =>
    change(tables.records, keyOf(tables.records), () => encodeRecord(old, format));

  it('hands records of an older format to migrate', async () => {
    const seen: unknown[] = [];
    const { store } = await damaged([put(old)], asOf(RECORD_FORMAT - 1), {
      migrate: (fields, format) => {
        seen.push([fields, format]);
        return { ...old, state: 'new' };
      },
    });
    expect(await store.get('a')).toMatchObject({ state: 'new' });
    expect(ids((await store.page({ limit: 1 })).records)).toEqual(['a']);
    expect(seen[0]).toEqual([old, RECORD_FORMAT - 1]);
  });

  it.each([
    ['without migrate', {}],
    [
      'when migrate throws',
      {
        migrate: () => {
          throw new Error('no');
        },
      },
    ],
  ])('counts them as corrupt %s', async (_, options) => {
    const { store } = await damaged([put(old)], asOf(RECORD_FORMAT - 1), options);
    await expect((async () => store.get('a'))()).rejects.toMatchObject(corrupt);
    expect(await store.get('a')).toBeUndefined();
  });

  it('refuses a newer record, leaves it out of lists, and keeps it', async () => {
    const { store } = await damaged([put(old), put({ id: 'b' })], ({ records }) => {
      for (const key of [keyOf(records, 0), keyOf(records, 1)]) {
        if (records.get(key)!.includes('old')) {
          change(records, key, () => encodeRecord(old, RECORD_FORMAT + 1));
        }
      }
    });
    const refused = { code: 'store-unavailable', message: expect.stringContaining('newer') };
    for (let i = 0; i < 2; i++) {
      await expect((async () => store.get('a'))()).rejects.toMatchObject(refused);
      expect(ids(await store.due(Infinity, 10))).toEqual(['b']);
    }
    expect(await store.count()).toBe(2);
  });

  it.each([0, 1, 2])('does not open a store whose version %d is newer', async (index) => {
    const { path } = await damagedAndClosed(({ about }) =>
      change(about, keyOf(about), (bytes) => {
        bytes[index]! += 1;
        return bytes;
      }),
    );
    expect(() => openLmdbStore({ path })).toThrow(
      expect.objectContaining({
        code: 'store-unavailable',
        message: expect.stringContaining('newer'),
      }),
    );
  });
});

async function damagedAndClosed(damage: (tables: RawStore) => void): Promise<{ path: string }> {
  const { path } = storeFolder();
  await openLmdbStore({ path }).close();
  await rawStore(path, damage);
  return { path };
}
