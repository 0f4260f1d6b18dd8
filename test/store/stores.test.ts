import { expect, it } from 'vitest';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import { FaultyStore } from '../support/faultyStore.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { durableContract } from './durableContract.ts';
import { storeContract } from './storeContract.ts';

const put = (state: string) =>
  [{ type: 'put', record: sessionRecord({ id: 'a', state }) }] as const;

storeContract('MemoryStore', async () => new MemoryStore());

durableContract('openLmdbStore', () => {
  const { path, opened } = storeFolder();
  const open = async () => opened(openLmdbStore({ path }));
  return { open, reopen: open };
});

durableContract('FaultyStore over openLmdbStore, slow', () => {
  const { path, opened } = storeFolder();
  const open = async () => new FaultyStore(opened(openLmdbStore({ path })), 1, { slow: 0.5 });
  return { open, reopen: open };
});

durableContract('a part of openLmdbStore', () => {
  const { path, opened } = storeFolder();
  const open = async () => {
    const store = opened(openLmdbStore({ path }));
    // Sessions of the same ids are there all the while.
    await store.write(
      ['a', 'b', 'c'].map((id) => ({ type: 'put', record: sessionRecord({ id }) })),
    );
    return Object.assign(store.part!('handles'), { close: () => store.close() });
  };
  return { open, reopen: open };
});

it('openLmdbStore: a part knows nothing of sessions and of other parts, and is closed with its store', async () => {
  const { path, opened } = storeFolder();
  const store = opened(openLmdbStore({ path }));
  const [handles, principals] = [store.part!('handles'), store.part!('principals')];
  await store.write(put('session'));
  await handles.write(put('handle'));
  expect([store, handles, principals].map((each) => each.count())).toEqual([1, 1, 0]);
  expect(await principals.get('a')).toBeUndefined();
  await store.write([{ type: 'remove', id: 'a' }]);
  expect(await handles.get('a')).toMatchObject({ state: 'handle' });
  await handles.close();
  expect(await handles.due(Infinity, 10)).toHaveLength(1);
  await store.close();
  expect(() => handles.get('a')).toThrow(expect.objectContaining({ code: 'store-unavailable' }));
});

it('MemoryStore holds what a record has by reference and answers in the same turn', () => {
  const store = new MemoryStore();
  const over = { state: new Map(), kept: {}, locals: new Map(), asked: ['roots/list'] };
  const record = sessionRecord({ id: 'a', principal: 'ann', ...over });
  store.write([{ type: 'put', record }]);
  expect(store.isDurable).toBe(false);
  const got = [store.get('a')];
  got.push(store.page({ principal: 'ann', limit: 1 }).records[0], store.due(Infinity, 1)[0]);
  for (const each of got) {
    expect(each).toEqual(record);
    expect(each?.handshake).toBe(record.handshake);
    for (const name of ['state', 'kept', 'locals', 'asked'] as const) {
      expect(each?.[name]).toBe(over[name]);
    }
  }
  store.close();
  expect(store.count()).toBe(0);
});
