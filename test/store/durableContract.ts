import { describe, expect, it } from 'vitest';
import type { SessionStore } from '../../src/store/store.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { storeContract } from './storeContract.ts';

/** One place where records outlive their process. What it made is released with the test. */
export interface StoreHome {
  /** An empty store. */
  readonly open: () => Promise<SessionStore>;
  /** A store over what the closed one left. */
  readonly reopen: () => Promise<SessionStore>;
}

/** What every durable store does. `home` is called once a test. */
export function durableContract(name: string, home: () => StoreHome): void {
  storeContract(name, () => home().open());

  describe(`${name}: a durable SessionStore`, () => {
    it('says so', async () => {
      expect((await home().open()).isDurable).toBe(true);
    });

    it('holds a record as it was when it was written', async () => {
      const store = await home().open();
      const state = { list: [1] };
      const written = store.write([{ type: 'put', record: sessionRecord({ id: 'a', state }) }]);
      state.list.push(2);
      await written;
      const got = await store.get('a');
      expect(got?.state).toEqual({ list: [1] });
      state.list.push(3);
      expect(await store.get('a')).toEqual(got);
    });

    it('leaves everything to the next process', async () => {
      const { open, reopen } = home();
      const store = await open();
      const record = sessionRecord({
        id: 'a',
        principal: 'ann',
        confirmed: false,
        state: { at: new Date(5), set: new Set([1n]), bytes: new Uint8Array([1, 2]), u: undefined },
        locals: new Map<string, unknown>([['x', [1]]]),
        kept: { url: 'about:blank' },
        asked: ['elicitation/create'],
      });
      await store.write([
        { type: 'put', record },
        { type: 'row', id: 'a', n: 1, row: 'one' },
        { type: 'put', record: sessionRecord({ id: 'gone' }) },
      ]);
      await store.write([{ type: 'remove', id: 'gone' }]);
      await store.close();
      const again = await reopen();
      expect(await again.get('a')).toEqual(record);
      expect(await again.get('gone')).toBeUndefined();
      expect(await again.rows('a')).toEqual([{ n: 1, row: 'one' }]);
      expect([await again.count(), await again.count('ann')]).toEqual([1, 1]);
      expect(await again.due(record.expiresAt, 10)).toEqual([record]);
      expect(await again.page({ limit: 10 })).toEqual({ records: [record], next: undefined });
    });

    it('A17: remembers the last time it was given, for the next process', async () => {
      const { open, reopen } = home();
      const store = await open();
      expect(await store.time?.()).toBeUndefined();
      await store.keepTime?.({ at: 1, behindMs: 0 });
      const time = { at: 1_700_000_000_000.5, behindMs: -7_200_000 };
      const kept = store.keepTime?.(time);
      expect(kept).toBeInstanceOf(Promise);
      await store.close();
      await kept;
      const again = await reopen();
      expect(await again.time?.()).toEqual(time);
      // It is no session.
      expect([await again.count(), await again.due(Infinity, 10)]).toEqual([0, []]);
    });

    it('stores what was asked of it before it is closed', async () => {
      const { open, reopen } = home();
      const store = await open();
      const written = store.write([{ type: 'put', record: sessionRecord({ id: 'a' }) }]);
      await store.close();
      await written;
      const again = await reopen();
      expect(await again.count()).toBe(1);
    });

    it('takes nothing more once it is closed, and closes twice', async () => {
      const { open, reopen } = home();
      const store = await open();
      await store.write([{ type: 'put', record: sessionRecord({ id: 'a' }) }]);
      await Promise.all([store.close(), store.close()]);
      const refused = { code: 'store-unavailable' };
      const calls = [
        async () => store.write([{ type: 'remove', id: 'a' }]),
        async () => store.get('a'),
        async () => store.count(),
        async () => store.rows('a'),
        async () => store.due(Infinity, 1),
        async () => store.page({ limit: 1 }),
        async () => store.time?.(),
        async () => store.keepTime?.({ at: 1, behindMs: 0 }),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject(refused);
      expect(await (await reopen()).count()).toBe(1);
    });
  });
}
