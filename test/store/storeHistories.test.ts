import * as fc from 'fast-check';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { expect, it } from 'vitest';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import { seeded } from '../support/seeded.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { follow } from './storeHistory.ts';
import { storeSteps } from './storeModel.ts';

it('MemoryStore does what an array that is searched would do', async () => {
  const property = fc.asyncProperty(storeSteps, async (steps) => {
    const compared = await follow(steps, new MemoryStore(), async (store) => store);
    for (const { got, expected } of compared) expect(got).toEqual(expected);
  });
  await seeded(property, 300);
});

it('openLmdbStore does what an array that is searched would do', async () => {
  const { path } = storeFolder();
  let count = 0;
  const property = fc.asyncProperty(storeSteps, async (steps) => {
    const own = `${path}/${count++}`;
    const compared = await follow(steps, openLmdbStore({ path: own }), async (store) => {
      await store.close();
      return openLmdbStore({ path: own });
    });
    for (const { got, expected } of compared) expect(got).toEqual(expected);
  });
  await seeded(property, 60);
});
