import * as fc from 'fast-check';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { expect, it } from 'vitest';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import type { SessionStore } from '../../src/store/store.ts';
import { seeded } from '../support/seeded.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { answersOf, StoreModel, storeSteps, type Answers, type StoreStep } from './storeModel.ts';

interface Compared {
  readonly got: Answers;
  readonly expected: Answers;
}

/** @param reopen closes a store, and opens what it left */
async function follow(
  steps: readonly StoreStep[],
  first: SessionStore,
  reopen: (store: SessionStore) => Promise<SessionStore>,
): Promise<Compared[]> {
  const model = new StoreModel();
  const compared: Compared[] = [];
  let store = first;
  const compare = async (limit: number, now: number): Promise<void> => {
    const got = await answersOf(store, limit, now);
    compared.push({ got, expected: model.answers(limit, now) });
  };
  for (const step of steps) {
    if (step.do === 'write') {
      await Promise.all(step.writes.map(async (changes) => store.write(changes)));
      for (const changes of step.writes) model.write(changes);
    } else if (step.do === 'look') {
      await compare(step.limit, step.now);
    } else {
      store = await reopen(store);
    }
  }
  await compare(2, Infinity);
  await store.close();
  return compared;
}

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
