import { expect, it, onTestFinished } from 'vitest';
import { Environment } from '../../src/store/lmdb/environment.ts';
import type { Tables } from '../../src/store/lmdb/tables.ts';
import { storeFolder } from '../support/storeFolder.ts';

const key = (name: string): Buffer => Buffer.from(name);
const put = (name: string) => (tables: Tables) => void tables.records.put(key(name), key(name));

it('Environment undoes the work that threw, and no other of its commit', async () => {
  const files = new Environment({ path: storeFolder().path, exclusive: false, maxAside: 1 });
  onTestFinished(async () => files.close());
  const error = new Error('in the middle');
  const errors = await files.commit(() => [
    put('a'),
    (tables) => {
      put('b')(tables);
      void tables.records.remove(key('a'));
      throw error;
    },
    put('c'),
  ]);
  expect(Array.from({ length: 3 }, (_, i) => errors[i])).toEqual([undefined, error, undefined]);
  expect(['a', 'b', 'c'].map((name) => files.tables.records.doesExist(key(name)))).toEqual([
    true,
    false,
    true,
  ]);
});
