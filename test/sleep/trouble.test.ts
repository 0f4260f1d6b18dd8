import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import type { StoreChange } from '../../src/store/store.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { left, moved, settle } from '../support/left.ts';
import { MINUTE } from '../support/sleep.ts';
import { WireClient } from '../support/wireClient.ts';

const BROKEN = new Error('the disk is gone');

/** Lets all fall asleep that can. */
const doze = (world: FakeRuntime): Promise<void> => settle(world, 6 * MINUTE);

describe('a store that is slow', () => {
  it('to say how many there are: those of this process are not among them', async () => {
    const store = new HeldStore();
    const client = await left(store);
    const release = store.hold('count');
    const world = new FakeRuntime({ store });
    const opened = world.open();
    const again = (await moved(client, world)).request('tools/list');
    await turn();
    release();
    await opened;
    expect((await again).status).toBe(200);
    await settle(world);
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 0, active: 2, total: 2 });
  });

  it('to say how many there are: nothing is counted once it is closed', async () => {
    const store = new HeldStore();
    await left(store);
    const release = store.hold('count');
    const world = new FakeRuntime({ store });
    await world.runtime.close();
    release();
    await settle(world, 0);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });

  it('to find a session: its client is told to come again, and nobody waits for ever', async () => {
    const store = new HeldStore();
    const client = await left(store);
    const world = new FakeRuntime({ store });
    await settle(world);
    const again = await moved(client, world);
    const release = store.hold('get');
    const call = again.request('tools/list');
    await turn();
    await world.clock.elapse(10_000);
    expect((await call).status).toBe(503);
    release();
    expect((await again.request('tools/list')).status).toBe(200);
  });

  it('to find a session is asked once for all who come for it', async () => {
    const store = new HeldStore();
    const client = await left(store);
    const asked = { get: 0, rows: 0 };
    const [get, rows] = [store.get.bind(store), store.rows.bind(store)];
    store.get = (id) => (asked.get++, get(id));
    store.rows = (id) => (asked.rows++, rows(id));
    const world = new FakeRuntime({ store });
    await settle(world);
    const again = await moved(client, world);
    const release = store.hold('get');
    const calls = Array.from({ length: 20 }, () => again.request('tools/list'));
    for (let i = 0; i < 8; i++) await turn();
    release();
    const replies = await Promise.all(calls);
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect([asked, world.servers.length]).toEqual([{ get: 1, rows: 1 }, 1]);
  });

  it('is not asked for an id that is longer than any can be', async () => {
    const store = new HeldStore();
    const client = await left(store);
    const world = new FakeRuntime({ store });
    await settle(world);
    const asked: string[] = [];
    const get = store.get.bind(store);
    store.get = (id) => (asked.push(id), get(id));
    const again = await moved(client, world);
    for (const length of [256, 257]) {
      again.id = 'x'.repeat(length);
      expect((await again.request('tools/list')).status).toBe(404);
    }
    expect(asked.map(({ length }) => length)).toEqual([256]);
  });

  it('to take any session: those that end before it has something of them leave nothing to write', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    await settle(world);
    const asked: string[] = [];
    const write = store.write.bind(store);
    store.write = (changes) => {
      for (const each of changes) asked.push(each.type === 'put' ? each.record.id : each.id);
      return write(changes);
    };
    const release = store.hold('write');
    const refused: Promise<unknown>[] = [];
    for (let i = 0; i < 5; i++) {
      const guest = await WireClient.of(world.runtime);
      refused.push(guest.initialize().then(({ message }) => message.error?.data?.['code']));
      await turn();
    }
    await world.clock.elapse(10_000);
    expect(await Promise.all(refused)).toEqual(
      Array.from({ length: 5 }, () => 'store-unavailable'),
    );
    release();
    await settle(world);
    // The first one was on its way.
    expect(new Set(asked).size).toBe(1);
    expect([asked.length, await store.count()]).toEqual([2, 1]);
    expect((await client.request('tools/list')).status).toBe(200);
  });

  it('to list who is due: the next sweep comes all the same', async () => {
    const store = new HeldStore();
    await left(store);
    const world = new FakeRuntime({ store });
    await settle(world);
    store.hold('due');
    await world.clock.elapse(2 * MINUTE);
    store.hold('due')();
    await settle(world, 60 * MINUTE);
    expect(world.runtime.stats().evicted.expired).toBe(1);
  });

  it('to list who is due: whoever was used meanwhile is not', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, idleTimeoutMs: 1000, evictAfterMs: 10_000 });
    const client = await world.open();
    await settle(world, 5000);
    await world.clock.elapse(6000);
    const release = store.hold('due');
    await world.clock.elapse(1000);
    expect((await client.request('tools/list')).status).toBe(200);
    await settle(world, 3000);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    release();
    await settle(world, 0);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    expect((await client.request('tools/list')).status).toBe(200);
  });

  it('to find a session that ends meanwhile: it does not come back', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, maxSleeping: 1 });
    const client = await world.open();
    await doze(world);
    const release = store.hold('rows');
    const call = client.request('tools/list');
    await turn();
    // Another one that sleeps makes it one too many.
    await world.open();
    await doze(world);
    release();
    await call;
    await settle(world);
    expect(world.runtime.stats().sessions.total).toBeLessThanOrEqual(2);
    const { asleep, active } = world.runtime.stats().sessions;
    expect(asleep + active).toBe((await world.runtime.list()).sessions.length);
  });

  it('to find a session when its process drains: 503, and no server is built', async () => {
    const store = new HeldStore();
    const client = await left(store);
    const world = new FakeRuntime({ store });
    await settle(world);
    const again = await moved(client, world);
    const release = store.hold('get');
    const call = again.request('tools/list');
    await turn();
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    release();
    const reply = await (await call).whole();
    expect([reply.status, reply.message.error?.data?.['code']]).toEqual([503, 'draining']);
    await world.clock.elapse(1000);
    await drained;
    expect([world.servers, world.runtime.residents()]).toEqual([[], []]);
  });

  it('to find a session that a drain hands over: 503, for it lives on', async () => {
    const store = new HeldStore();
    const client = await left(store);
    const world = new FakeRuntime({ store });
    await settle(world);
    const again = await moved(client, world);
    const release = store.hold('rows');
    const call = again.request('tools/list');
    await turn();
    release();
    // In the turn in which it is found, and before it is asked anything.
    await Promise.resolve();
    for (let i = 0; i < 20 && world.runtime.residents().length === 0; i++) await Promise.resolve();
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    expect((await call).status).toBe(503);
    await drained;
    expect(await store.count()).toBe(1);
  });

  it('to do anything: close() finishes, and leaves no timer', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store });
    await world.open();
    await settle(world);
    store.hold('write');
    let isClosed = false;
    const closed = world.runtime.close().then(() => (isClosed = true));
    await world.clock.elapse(30_000);
    expect(isClosed).toBe(true);
    await closed;
    expect(world.clock.pending).toBe(0);
  });
});

describe('a store that refuses', () => {
  it('to forget who ended: they are neither listed nor ended again, and gone in the end', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store });
    const client = await world.open('ann');
    await doze(world);
    store.fail('write', BROKEN);
    expect((await client.delete()).status).toBe(503);
    expect((await world.runtime.list()).sessions).toEqual([]);
    expect(await world.runtime.evictPrincipal('ann')).toBe(0);
    expect(await world.runtime.evict(client.id!)).toBe(false);
    expect(world.runtime.stats()).toMatchObject({ evicted: { terminated: 1, revoked: 0 } });
    store.fail('write');
    await world.runtime.close();
    expect(await store.count()).toBe(0);
  });

  it('to forget who is evicted: whoever asked for it is told, and nobody else', async () => {
    const unheard: unknown[] = [];
    const hear = (error: unknown): void => void unheard.push(error);
    process.on('unhandledRejection', hear);
    onTestFinished(() => void process.off('unhandledRejection', hear));
    const store = new HeldStore();
    const world = new FakeRuntime({ store });
    await world.open('ann');
    await settle(world);
    store.fail('write', BROKEN);
    store.fail('page', BROKEN);
    await expect(world.runtime.evictPrincipal('ann')).rejects.toBe(BROKEN);
    await settle(world);
    expect(unheard).toEqual([]);
    expect(world.runtime.stats().evicted.revoked).toBe(1);
  });

  it('to say how many there are takes no session, and counts right once it does', async () => {
    const store = new HeldStore();
    await left(store);
    store.fail('count', BROKEN);
    const world = new FakeRuntime({ store });
    await settle(world);
    const client = await WireClient.of(world.runtime);
    const refused = await client.initialize();
    expect(refused.message.error?.data?.['code']).toBe('store-unavailable');
    store.fail('count');
    await world.open();
    await settle(world);
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, active: 1, total: 2 });
  });
});

describe('maxSleepingPerPrincipal in a durable store', () => {
  it('ends no more than are too many, and counts those asleep alone', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, maxSleepingPerPrincipal: 2 });
    for (let i = 0; i < 4; i++) await world.open('ann');
    await doze(world);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { capacity: 2 },
      sessions: { asleep: 2 },
    });
    const busy = [await world.open('ann'), await world.open('ann')];
    for (const each of busy) void each.request('hold');
    await doze(world);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { capacity: 2 },
      sessions: { asleep: 2 },
    });
    await eventually(() => world.runtime.stats().inFlight === 2);
  });
});

describe("a store in memory of the user's", () => {
  /** Fails as it is told, from the first session that sleeps. */
  class OwnStore extends MemoryStore {
    manner: 'well' | 'throws' | 'rejects' = 'well';

    override write(changes: readonly StoreChange[]): void {
      if (this.manner === 'throws') throw BROKEN;
      // The type allows no promise here; the port of a store does.
      if (this.manner === 'rejects') return Promise.reject(BROKEN) as unknown as void;
      super.write(changes);
    }
  }

  it('that throws keeps the session in this process', async () => {
    const store = new OwnStore();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    const failures = world.record('store.failed');
    store.manner = 'throws';
    await doze(world);
    expect(failures).toContainEqual({ session: undefined, doing: 'put', error: BROKEN });
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, total: 1 });
    expect((await client.call('tools/list')).error).toBeUndefined();
    store.manner = 'well';
    await doze(world);
    expect(world.runtime.residents()).toEqual([]);
    expect((await client.call('tools/list')).error).toBeUndefined();
  });

  it('that rejects has lost the session, and that is announced', async () => {
    const store = new OwnStore();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    const failures = world.record('store.failed');
    store.manner = 'rejects';
    await doze(world);
    expect(failures).toContainEqual({ session: undefined, doing: 'put', error: BROKEN });
    expect((await client.request('tools/list')).status).toBe(404);
  });
});
