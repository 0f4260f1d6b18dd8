import { expect, it } from 'vitest';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import { FaultyStore } from '../support/faultyStore.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { durableContract } from './durableContract.ts';
import { storeContract } from './storeContract.ts';

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
