import * as fc from 'fast-check';
import { redisStore, type RedisStoreOptions } from 'mcp-actors/redis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { durableContract, type StoreHome } from '../../store/durableContract.ts';
import { follow } from '../../store/storeHistory.ts';
import { storeSteps } from '../../store/storeModel.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { seeded } from '../../support/seeded.ts';
import { sessionRecord } from '../../support/sessionRecord.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.end());

let homes = 0;

/** How many scripts the server has run. */
async function calls(): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'));
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
}

const put = (state: string) =>
  [{ type: 'put', record: sessionRecord({ id: 'a', state }) }] as const;

/** A store of a test, below a prefix of its own. */
function home(options: Partial<RedisStoreOptions> = {}): StoreHome {
  const prefix = `home${homes++}:`;
  const open = async () => {
    const store = redisStore({ url: server.url, prefix, ...options });
    onTestFinished(() => store.close());
    return store;
  };
  return { open, reopen: open };
}

durableContract('redisStore', () => home());

durableContract('redisStore, sealed', () => home({ secret: 'a secret of 32 characters or so.' }));

durableContract('a part of redisStore', () => {
  const { open } = home();
  const openPart = async () => {
    const store = await open();
    // Sessions of the same ids are there all the while.
    await store.write(
      ['a', 'b', 'c'].map((id) => ({ type: 'put', record: sessionRecord({ id }) })),
    );
    return Object.assign(store.part!('handles'), { close: () => store.close() });
  };
  return { open: openPart, reopen: openPart };
});

it('redisStore does what an array that is searched would do', async () => {
  const property = fc.asyncProperty(storeSteps, async (steps) => {
    const { open } = home();
    const compared = await follow(steps, await open(), async (store) => {
      await store.close();
      return open();
    });
    for (const { got, expected } of compared) expect(got).toEqual(expected);
  });
  await seeded(property, 60);
});

it('redisStore: a part knows nothing of sessions and of other parts, and is closed with its store', async () => {
  const store = await home().open();
  const [handles, principals] = [store.part!('handles'), store.part!('principals')];
  await store.write(put('session'));
  await handles.write(put('handle'));
  const counts = [store, handles, principals].map(async (each) => each.count());
  expect(await Promise.all(counts)).toEqual([1, 1, 0]);
  expect(await principals.get('a')).toBeUndefined();
  await store.write([{ type: 'remove', id: 'a' }]);
  expect(await handles.get('a')).toMatchObject({ state: 'handle' });
  await handles.close();
  expect(await handles.due(Infinity, 10)).toHaveLength(1);
  await store.close();
  await expect(handles.get('a')).rejects.toMatchObject({ code: 'store-unavailable' });
});

it('redisStore pages through many records of one moment', async () => {
  const store = await home().open();
  const ids = Array.from({ length: 300 }, (_, n) => `s${n}`);
  await store.write(
    ids.map((id) => ({ type: 'put', record: sessionRecord({ id, expiresAt: 7 }) })),
  );
  const seen: string[] = [];
  for (let after: string | undefined; ;) {
    const query = { limit: 7, ...(after !== undefined && { after }) };
    const { records, next } = await store.page(query);
    seen.push(...records.map(({ id }) => id));
    // Whoever is behind the place goes; the place stays.
    const last = records.at(-1);
    if (last !== undefined) await store.write([{ type: 'remove', id: last.id }]);
    if (next === undefined) break;
    after = next;
  }
  expect(seen.toSorted()).toEqual(ids.toSorted());
});

it('redisStore reads a list of large records in parts, each of a few MiB', async () => {
  const store = await home().open();
  const state = 'x'.repeat(2 ** 20);
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  for (const [n, id] of ids.entries()) {
    await store.write([{ type: 'put', record: sessionRecord({ id, state, expiresAt: n }) }]);
  }
  const before = await calls();
  const { records, next } = await store.page({ limit: 8 });
  expect(records.map(({ id }) => id)).toEqual(ids.slice(0, 8));
  // The beat of a lease may come between.
  expect(await calls()).toBeGreaterThanOrEqual(before + 2);
  expect((await store.page({ limit: 8, after: next! })).records).toHaveLength(1);
  expect((await store.due(Infinity, 100)).map(({ id }) => id)).toEqual(ids);
});
