import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LMDB_DEFAULTS, openLmdbStore, type LmdbStoreOptions } from 'mcp-actors/lmdb';
import { describe, expect, it } from 'vitest';
import type { StoreChange } from '../../src/store/store.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { storeFolder } from '../support/storeFolder.ts';

const put = (over: Parameters<typeof sessionRecord>[0]): StoreChange => ({
  type: 'put',
  record: sessionRecord(over),
});

function open(options: Partial<LmdbStoreOptions> = {}) {
  const { path, opened } = storeFolder();
  return { path, opened, store: opened(openLmdbStore({ path, ...options })) };
}

describe('openLmdbStore', () => {
  it.each([
    ['path', ''],
    ['path', 5],
    ['maxRecordBytes', 0],
    ['maxWaitingBytes', 1.5],
    ['maxAside', Infinity],
    ['migrate', 'x'],
  ])('refuses %s: %j before anything opens', (name, value) => {
    // What the types forbid is what is tested.
    const options = { path: '/dev/null/store', [name]: value } as LmdbStoreOptions;
    expect(() => openLmdbStore(options)).toThrow(
      expect.objectContaining({ code: 'bad-option', message: expect.stringContaining(name) }),
    );
  });

  it('says that it can not be opened where there is no folder to be had', () => {
    const { path } = storeFolder();
    const refused = expect.objectContaining({
      code: 'store-unavailable',
      cause: expect.any(Error),
    });
    expect(() => openLmdbStore({ path: '/dev/null/store' })).toThrow(refused);
    writeFileSync(path, 'x');
    expect(() => openLmdbStore({ path })).toThrow(refused);
  });

  it.each([1, 100, 20_000, 200_000])(
    'says so where the file is none of LMDB, %d bytes',
    async (size) => {
      const { path, store } = open();
      await store.close();
      writeFileSync(join(path, 'data.mdb'), Buffer.alloc(size, 'no store at all'));
      expect(() => openLmdbStore({ path })).toThrow(
        expect.objectContaining({ code: 'store-unavailable' }),
      );
    },
  );

  it('begins anew with a file whose maker died before it was one', async () => {
    const { path, store, opened } = open();
    await store.close();
    for (const cut of [4096, 100, 0, 5000]) {
      // The last time, not even the mark was written.
      if (cut === 5000) writeFileSync(join(path, 'data.mdb'), Buffer.alloc(cut));
      else truncateSync(join(path, 'data.mdb'), cut);
      const again = opened(openLmdbStore({ path }));
      await again.write([put({ id: 'a' })]);
      expect(await again.count()).toBe(1);
      await again.close();
    }
  });

  it('keeps its files for their owner, whatever they were before', async () => {
    const { path, store } = open();
    const mode = (name: string): number => statSync(join(path, name)).mode & 0o777;
    await store.write([put({ id: 'a' })]);
    expect(['.', 'data.mdb', 'lock.mdb'].map(mode)).toEqual([0o700, 0o600, 0o600]);
  });

  it('keeps its locks when the folder is opened once more, and closed', async () => {
    const { path, store } = open();
    const inode = String(statSync(join(path, 'lock.mdb')).ino);
    const locks = (): number =>
      readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${inode} `)).length;
    await store.write([put({ id: 'a' })]);
    const before = locks();
    const other = openLmdbStore({ path });
    await other.write([put({ id: 'b' })]);
    expect(await store.get('b')).toMatchObject({ id: 'b' });
    await other.close();
    expect(before).toBeGreaterThan(0);
    expect(locks()).toBe(before);
    await store.write([put({ id: 'c' })]);
    expect(await store.count()).toBe(3);
  });

  it('uses a path with a dot in it as a folder all the same', async () => {
    const { path, opened } = storeFolder();
    const store = opened(openLmdbStore({ path: `${path}.d` }));
    await store.write([put({ id: 'a' })]);
    expect(statSync(`${path}.d`).isDirectory()).toBe(true);
  });

  it('refuses a record of more than maxRecordBytes, and all of its write', async () => {
    const { store } = open({ maxRecordBytes: 5000 });
    const large = put({ id: 'secret', key: 'large', state: 'x'.repeat(10_000) });
    const results = await Promise.allSettled([
      store.write([put({ id: 'a' })]),
      store.write([put({ id: 'b' }), large]),
      store.write([put({ id: 'c' })]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const [, refused] = results;
    const { reason } = refused as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'state-too-large' });
    expect(reason.message).toMatch(/^The record of session large has 10\d\d\d bytes, .*\(5000\)$/);
    expect(reason.message).not.toContain('secret');
    expect((await store.page({ limit: 9 })).records.map(({ id }) => id).toSorted()).toEqual([
      'a',
      'c',
    ]);
  });

  it('takes a state of 1 MiB by default, in text of two bytes a character', async () => {
    const { store } = open();
    const state = '€'.repeat(2 ** 19);
    await store.write([put({ id: 'a', state })]);
    expect((await store.get('a'))?.state).toBe(state);
    const most = '€'.repeat(LMDB_DEFAULTS.maxRecordBytes / 2);
    await expect(store.write([put({ id: 'a', state: most })])).rejects.toMatchObject({
      code: 'state-too-large',
    });
    expect((await store.get('a'))?.state).toBe(state);
  });

  it('refuses a state that is no plain data, and all of its write', async () => {
    const { store } = open();
    await expect(
      store.write([put({ id: 'a' }), put({ id: 'b', state: () => {} })]),
    ).rejects.toThrow(/could not be cloned/);
    expect(await store.count()).toBe(0);
  });

  it('refuses what comes beyond maxWaitingBytes, and takes it once there is room', async () => {
    const { store } = open({ maxWaitingBytes: 5000 });
    const text = 'x'.repeat(3000);
    const results = await Promise.allSettled(
      ['a', 'b', 'c'].map(async (id) => store.write([put({ id, state: text })])),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { code: 'store-unavailable' } });
    await store.write([put({ id: 'b', state: text })]);
    expect(await store.count()).toBe(2);
  });
});
