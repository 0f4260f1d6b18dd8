import { expect, it } from 'vitest';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { MemoryStore } from '../../src/sleep/memoryStore.ts';
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

it('MemoryStore holds a record by reference and answers in the same turn', () => {
  const store = new MemoryStore();
  const record = sessionRecord({ id: 'a', principal: 'ann' });
  store.write([{ type: 'put', record }]);
  expect(store.isDurable).toBe(false);
  expect(store.get('a')).toBe(record);
  expect(store.page({ principal: 'ann', limit: 1 }).records[0]).toBe(record);
  expect(store.due(Infinity, 1)[0]).toBe(record);
  store.close();
  expect(store.count()).toBe(0);
});
