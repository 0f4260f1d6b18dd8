import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RETAKE } from '../../../src/redis/scripts.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { seeded } from '../../support/seeded.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { answersOf, StoreModel, storeSteps } from '../../store/storeModel.ts';
import { put, row, type Watched, watched } from './rig.ts';

interface Pair {
  readonly url: string;
  readonly told: Watched;
  /** From here on, the replica hears of nothing. */
  readonly detach: () => Promise<void>;
  /** The master dies, and clients are led to the replica. */
  readonly fail: () => Promise<void>;
}

/** A store whose master has a replica that can fall behind. */
async function pair(options: Parameters<typeof watched>[1] = {}): Promise<Pair> {
  const master = await RedisServer.ofTest();
  const replica = await RedisServer.ofTest('--replicaof', `127.0.0.1 ${master.port}`);
  const proxy = await TcpProxy.to(master.port);
  const told = watched(proxy.url, options);
  await replica.says(/MASTER <-> REPLICA sync: Finished with success/);
  return {
    url: proxy.url,
    told,
    async detach() {
      expect(await master.command('WAIT', 1, 0)).toBe(1);
      const wrote = async () => String(await replica.command('HGET', 'mcpa:store', 'w'));
      await expect.poll(wrote).toBe(String(await master.command('HGET', 'mcpa:store', 'w')));
      await replica.command('REPLICAOF', 'NO', 'ONE');
    },
    async fail() {
      await master.kill();
      proxy.target = replica.port;
      proxy.cut();
    },
  };
}

const forgot = (text: string): object => ({
  code: 'store-forgot',
  message: expect.stringContaining(text) as string,
});

describe('a failover to a replica that is behind', () => {
  it('loses nothing of what the process remembers, and says so', async () => {
    const { told, detach, fail } = await pair();
    const { store } = told;
    await store.write([put('a', { epoch: 1 }), put('c'), row('a', 1)]);
    await detach();
    await store.write([put('a', { epoch: 2 }), row('a', 2)]);
    await store.write([put('b'), { type: 'remove', id: 'c' }]);
    await fail();
    // Whoever reads first is answered by what was acknowledged.
    expect(await store.get('a')).toMatchObject({ epoch: 2 });
    expect(await store.get('c')).toBeUndefined();
    expect(await store.count()).toBe(2);
    expect((await store.rows('a')).map(({ n }) => n)).toEqual([1, 2]);
    expect(told.failures).toEqual([expect.objectContaining(forgot('2 writes'))]);
    expect(told.failures[0]!.message).toMatch(/all were made again/);
    expect(told.forgot).toBe(0);
  });

  it('that is not remembered is told of, and leaves no events with a gap', async () => {
    const { told, detach, fail } = await pair({ maxRememberedBytes: 0 });
    const { store } = told;
    await store.write([put('a', { epoch: 1 }), put('d'), row('a', 1), row('d', 1)]);
    await detach();
    await store.write([put('a', { epoch: 2 }), row('a', 2), put('b')]);
    await fail();
    await store.write([row('a', 3), put('a', { epoch: 3 })]);
    expect(told.failures).toEqual([expect.objectContaining(forgot('1 at most'))]);
    expect(told.forgot).toBe(1);
    expect(await store.get('a')).toMatchObject({ epoch: 3 });
    expect(await store.get('b')).toBeUndefined();
    // 2 is missing: who has seen 1 must not be given 3.
    expect((await store.rows('a')).map(({ n }) => n)).toEqual([3]);
    expect((await store.rows('d')).map(({ n }) => n)).toEqual([1]);
    await store.write([row('a', 4), row('d', 2)]);
    expect((await store.rows('a')).map(({ n }) => n)).toEqual([3, 4]);
    expect((await store.rows('d')).map(({ n }) => n)).toEqual([2]);
  });

  it('from before this process had the store is known by its token', async () => {
    const { url, told, detach, fail } = await pair();
    const earlier = watched(url).store;
    // More writes than this process will have made.
    for (let epoch = 0; epoch < 5; epoch++) await earlier.write([put('a', { epoch })]);
    await earlier.close();
    await detach();
    await told.store.write([put('a', { epoch: 9 })]);
    await fail();
    expect(await told.store.get('a')).toMatchObject({ epoch: 9 });
    expect(told.failures).toEqual([expect.objectContaining(forgot('1 writes'))]);
  });
});

describe('a Redis that was emptied', () => {
  it('is noticed where nobody asks anything', async () => {
    const server = await RedisServer.ofTest();
    const told = watched(server.url, { leaseMs: 300, maxRememberedBytes: 0 });
    await told.store.write([put('a')]);
    await server.command('FLUSHALL');
    await expect.poll(() => told.failures).toEqual([expect.objectContaining(forgot('at most'))]);
    expect(told.forgot).toBe(1);
    expect(await told.store.get('a')).toBeUndefined();
    await told.store.write([put('a'), row('a', 1)]);
    expect(await told.store.rows('a')).toHaveLength(1);
  });

  it('by a restart without a file is given again what is remembered', async () => {
    const server = await RedisServer.ofTest();
    const { store, failures } = watched(server.url);
    await store.write([put('a'), row('a', 1)]);
    await store.write([put('b')]);
    await server.kill();
    await server.start();
    expect(await store.count()).toBe(2);
    expect(await store.rows('a')).toHaveLength(1);
    expect(failures).toHaveLength(1);
  });
});

it('a Redis that was emptied and taken by another process is not taken back', async () => {
  const server = await RedisServer.ofTest();
  const proxy = await TcpProxy.to(server.port);
  const { store } = watched(proxy.url, { maxRememberedBytes: 0 });
  await store.write([put('a', { epoch: 1 })]);
  const other = watched(server.url).store;
  proxy.onRequest = (bytes, _near, far) => {
    if (!bytes.includes(RETAKE.sha)) return false;
    proxy.onRequest = () => false;
    // Between being told and doing something about it.
    void Promise.resolve(other.write([put('a', { epoch: 2 })])).then(() => far.write(bytes));
    return true;
  };
  await server.command('FLUSHALL');
  await expect(store.get('a')).rejects.toMatchObject({ code: 'store-locked' });
  expect(await other.get('a')).toMatchObject({ epoch: 2 });
  await other.write([put('b')]);
  expect(await other.count()).toBe(2);
});

/** What becomes of a Redis, beside what is asked of it. */
const mishaps = fc.constantFrom('nothing', 'save', 'crash', 'crash', 'cut', 'forget scripts');

it('whatever state Redis comes back with, what is remembered is what an array would have', async () => {
  const server = await RedisServer.ofTest();
  const proxy = await TcpProxy.to(server.port);
  let [count, mended] = [0, 0];
  const befalling = fc.array(mishaps, { minLength: 25, maxLength: 25 });
  const property = fc.asyncProperty(storeSteps, befalling, async (steps, befalls) => {
    const prefix = `history${count++}:`;
    const { store, failures } = watched(proxy.url, { prefix, timeoutMs: 20_000 });
    const model = new StoreModel();
    for (const [n, step] of steps.entries()) {
      const mishap = befalls[n];
      if (mishap === 'save') await server.command('SAVE');
      if (mishap === 'forget scripts') await server.command('SCRIPT', 'FLUSH');
      // In the middle of what is asked for, where that is a write.
      const asked = step.do === 'write' ? step.writes : [];
      const writes = asked.map(async (changes) => store.write(changes));
      for (const changes of asked) model.write(changes);
      if (mishap === 'cut') proxy.cut();
      if (mishap === 'crash') {
        await server.kill();
        await server.start();
      }
      await Promise.all(writes);
      const { limit, now } = step.do === 'look' ? step : { limit: 2, now: Infinity };
      expect(await answersOf(store, limit, now)).toEqual(model.answers(limit, now));
    }
    mended += failures.length;
    await store.close();
  });
  await seeded(property, 40);
  // Otherwise Redis never forgot anything.
  expect(mended).toBeGreaterThan(10);
});
