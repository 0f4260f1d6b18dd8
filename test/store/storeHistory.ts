import type { SessionStore } from '../../src/store/store.ts';
import { answersOf, StoreModel, type Answers, type StoreStep } from './storeModel.ts';

interface Compared {
  readonly got: Answers;
  readonly expected: Answers;
}

/**
 * Does the steps of a history to a store and to a model, and looks at both.
 *
 * @param reopen closes a store, and opens what it left
 */
export async function follow(
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
