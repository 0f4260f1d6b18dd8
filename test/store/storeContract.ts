import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/store/record.ts';
import type { SessionStore, StoreChange } from '../../src/store/store.ts';
import { sessionRecord } from '../support/sessionRecord.ts';

/** What every store does. `open` is called once a test and makes an empty store. */
export function storeContract(name: string, open: () => Promise<SessionStore>): void {
  describe(`${name}: a SessionStore`, () => {
    it('gets what was put, and nothing else', async () => {
      const store = await open();
      const record = sessionRecord({ id: 'a', principal: 'ann', locals: new Map([['x', 1]]) });
      await store.write([put(record)]);
      expect(await store.get('a')).toEqual(record);
      expect(await store.get('b')).toBeUndefined();
      expect(await store.get('')).toBeUndefined();
    });

    it('puts a record in the place of the one with its id', async () => {
      const store = await open();
      await store.write([put({ id: 'a', principal: 'ann', expiresAt: 1 })]);
      await store.write([put({ id: 'a', principal: 'bob', expiresAt: 9, epoch: 2 })]);
      expect(await store.get('a')).toMatchObject({ principal: 'bob', epoch: 2 });
      expect(await counts(store, 'ann', 'bob')).toEqual([1, 0, 1]);
      expect(ids(await store.due(8, 10))).toEqual([]);
      expect(await walk(store, { principal: 'ann' })).toEqual([]);
      expect(await walk(store, { principal: 'bob' })).toEqual(['a']);
    });

    it('makes the changes of one write in order', async () => {
      const store = await open();
      await store.write([
        put({ id: 'a' }),
        put({ id: 'a', epoch: 2 }),
        put({ id: 'b' }),
        { type: 'remove', id: 'b' },
        { type: 'remove', id: 'c' },
        put({ id: 'c' }),
        row('a', 1, 'one'),
        row('a', 1, 'two'),
      ]);
      expect(await store.get('a')).toMatchObject({ epoch: 2 });
      expect((await walk(store)).toSorted(by)).toEqual(['a', 'c']);
      expect(await store.rows('a')).toEqual([{ n: 1, row: 'two' }]);
    });

    it('takes a write of nothing, and the end of what is not there', async () => {
      const store = await open();
      await store.write([]);
      await store.write([{ type: 'remove', id: 'a' }, row('a', 1, undefined)]);
      expect(await store.count()).toBe(0);
    });

    it('removes a record with its rows, from every list', async () => {
      const store = await open();
      await store.write([put({ id: 'a', principal: 'ann' }), row('a', 1, 'one')]);
      await store.write([{ type: 'remove', id: 'a' }]);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.rows('a')).toEqual([]);
      expect(await store.due(Infinity, 10)).toEqual([]);
      expect(await counts(store, 'ann')).toEqual([0, 0]);
      await store.write([put({ id: 'a', principal: 'ann' })]);
      expect(await store.rows('a')).toEqual([]);
    });

    it('lists what is due, the oldest first, up to a limit', async () => {
      const store = await open();
      const times = [30, 10, 40, 20, Infinity, -5, 0.5];
      await store.write(times.map((at) => put({ id: `${at}`, expiresAt: at })));
      expect(ids(await store.due(30, 10))).toEqual(['-5', '0.5', '10', '20', '30']);
      expect(ids(await store.due(30, 2))).toEqual(['-5', '0.5']);
      expect(ids(await store.due(-6, 10))).toEqual([]);
      expect(ids(await store.due(1e15, 10))).not.toContain('Infinity');
    });

    it('pages through all records and those of one principal', async () => {
      const store = await open();
      const all = Array.from({ length: 25 }, (_, i) => ({
        id: `s${i}`,
        expiresAt: 1000 + (i % 7),
        principal: ['ann', 'bob', undefined][i % 3],
      }));
      await store.write(all.map(put));
      const oldest = all.toSorted((a, b) => a.expiresAt - b.expiresAt);
      for (const limit of [1, 4, 5, 25, 100]) {
        const walked = await pages(store, { limit });
        expect(walked.map(({ length }) => length)).toEqual(chunks(25, limit));
        expect(walked.flat().map(({ expiresAt }) => expiresAt)).toEqual(
          oldest.map(({ expiresAt }) => expiresAt),
        );
        expect(new Set(ids(walked.flat())).size).toBe(25);
        const ann = await walk(store, { principal: 'ann', limit });
        expect(ann.toSorted(by)).toEqual(
          all
            .filter(isOf('ann'))
            .map(({ id }) => id)
            .toSorted(by),
        );
      }
      expect(await counts(store, 'ann', 'bob', 'cid')).toEqual([25, 9, 8, 0]);
    });

    it('goes on behind a page when its last record is gone or others came', async () => {
      const store = await open();
      await store.write([1, 2, 3, 4, 5].map((at) => put({ id: `${at}`, expiresAt: at })));
      const { records, next } = await store.page({ limit: 2 });
      expect(ids(records)).toEqual(['1', '2']);
      await store.write([
        { type: 'remove', id: '2' },
        put({ id: 'early', expiresAt: 0 }),
        put({ id: 'late', expiresAt: 4.5 }),
      ]);
      expect(await walk(store, { after: next! })).toEqual(['3', '4', 'late', '5']);
    });

    it('answers a cursor that is none with an empty page', async () => {
      const store = await open();
      await store.write([put({ id: 'a' })]);
      for (const after of ['', ':', 'x', 'NaN:a', '\uffff'.repeat(3000)]) {
        expect(await store.page({ after, limit: 10 })).toEqual({ records: [], next: undefined });
      }
    });

    it('keeps principals apart that begin alike, and long ones and ids too', async () => {
      const store = await open();
      const long = 'x'.repeat(5000);
      const principals = ['', 'a', 'a:b', 'a\0', 'a\0b', '\ud800', '\ud801', long, `${long}y`];
      await store.write(
        principals.map((principal) => put({ id: `${long}${principal}`, principal })),
      );
      for (const principal of principals) {
        expect(await store.get(`${long}${principal}`)).toMatchObject({ principal });
        expect(await walk(store, { principal })).toEqual([`${long}${principal}`]);
        expect(await store.count(principal)).toBe(1);
      }
      expect(await store.count(long.slice(1))).toBe(0);
    });

    it('keeps the rows of a session by their number', async () => {
      const store = await open();
      const text = 'é\ud800\0\n'.repeat(10_000);
      await store.write([put({ id: 'a' }), put({ id: 'ab' })]);
      await store.write([10, 2, 0, 2 ** 40].map((n) => row('a', n, `row ${n}`)));
      await store.write([row('ab', 1, text), row('a', 2, undefined), row('a', 10, 'ten')]);
      expect(await store.rows('a')).toEqual([
        { n: 0, row: 'row 0' },
        { n: 10, row: 'ten' },
        { n: 2 ** 40, row: 'row 1099511627776' },
      ]);
      expect(await store.rows('ab')).toEqual([{ n: 1, row: text }]);
      expect(await store.rows('b')).toEqual([]);
      await store.write([put({ id: 'a', epoch: 2 })]);
      expect(await store.rows('a')).toHaveLength(3);
    });

    it('keeps no rows of a session it does not know', async () => {
      const store = await open();
      await store.write([row('a', 1, 'one'), put({ id: 'a' }), row('a', 2, 'two')]);
      expect(await store.rows('a')).toEqual([{ n: 2, row: 'two' }]);
    });

    it('takes writes at once, in order', async () => {
      const store = await open();
      const writes = Array.from({ length: 200 }, async (_, i) =>
        store.write([put({ id: `${i % 10}`, epoch: i }), row(`${i % 10}`, i, `${i}`)]),
      );
      await Promise.all(writes);
      expect(await store.count()).toBe(10);
      for (let i = 190; i < 200; i++) {
        expect(await store.get(`${i % 10}`)).toMatchObject({ epoch: i });
        expect(await store.rows(`${i % 10}`)).toHaveLength(20);
      }
    });
  });
}

function put(record: Partial<SessionRecord>): StoreChange {
  return { type: 'put', record: sessionRecord(record) };
}

function row(id: string, n: number, text: string | undefined): StoreChange {
  return { type: 'row', id, n, row: text };
}

function ids(records: readonly SessionRecord[]): string[] {
  return records.map(({ id }) => id);
}

function isOf(name: string): (record: { principal: string | undefined }) => boolean {
  return ({ principal }) => principal === name;
}

function by(a: string, b: string): number {
  return a < b ? -1 : 1;
}

async function counts(store: SessionStore, ...principals: string[]): Promise<number[]> {
  return Promise.all([store.count(), ...principals.map((each) => store.count(each))]);
}

async function pages(
  store: SessionStore,
  query: { principal?: string; after?: string; limit?: number },
): Promise<(readonly SessionRecord[])[]> {
  const all: (readonly SessionRecord[])[] = [];
  let after = query.after;
  do {
    const page = await store.page({ limit: 2, ...query, ...(after !== undefined && { after }) });
    all.push(page.records);
    after = page.next;
  } while (after !== undefined);
  return all;
}

async function walk(
  store: SessionStore,
  query: Parameters<typeof pages>[1] = {},
): Promise<string[]> {
  return ids((await pages(store, query)).flat());
}

/** The sizes of the pages of so many records. */
function chunks(count: number, limit: number): number[] {
  const sizes = Array.from({ length: Math.floor(count / limit) }, () => limit);
  return count % limit === 0 ? sizes : [...sizes, count % limit];
}
