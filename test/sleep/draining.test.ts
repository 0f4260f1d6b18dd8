import { describe, expect, it, onTestFinished } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { DOORS, type DoorKind, openDoor } from '../support/door.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { settle } from '../support/mortalLife.ts';
import { answerOf, WireClient } from '../support/wireClient.ts';

type Options = ConstructorParameters<typeof FakeRuntime>[0];

/** A runtime with one session whose call is in flight, and which drains for up to ten seconds. */
async function draining(kind: DoorKind, version: string, options: Options = {}) {
  const world = new FakeRuntime({ store: new DurableMemory(), ...options });
  const door = await openDoor(kind, world.runtime);
  onTestFinished(() => door.close());
  const open = async (): Promise<WireClient> => {
    const client = new WireClient(door, { version });
    await client.shake();
    return client;
  };
  const [busy, idle] = [await open(), await open()];
  const gets = [await busy.get(), await idle.get()];
  await eventually(() => world.runtime.stats().streams === 2);
  const call = busy.request('hold', {}, 7);
  await eventually(() => world.servers.some(({ methods }) => methods.includes('hold')));
  await world.clock.elapse(100);
  const server = world.servers.find(({ methods }) => methods.includes('hold'))!;
  let isOver = false;
  const drained = world.runtime.drain({ deadlineMs: 10_000 });
  void drained.then(() => (isOver = true));
  await settle(world);
  return { world, server, call, gets, drained, isOver: () => isOver };
}

describe.each(DOORS)('R3: GET streams in a drain, by %s', (kind) => {
  it.each(['2025-11-25', '2025-06-18'])(
    'stay open for as long as the drain lasts (%s)',
    async (version) => {
      const { world, server, call, gets, drained } = await draining(kind, version);
      expect(gets.map(({ end }) => end)).toEqual([undefined, undefined]);
      server.notify('notifications/message', { data: 'still here' });
      await gets[0]!.until(({ messages }) => messages.length === 1);
      expect(world.runtime.stats().streams).toBeGreaterThanOrEqual(2);
      server.answer(7, { done: true });
      expect(answerOf(await (await call).whole()).result).toEqual({ done: true });
      await settle(world);
      await drained;
      await Promise.all(gets.map((get) => get.whole()));
      expect(world.runtime.stats().streams).toBe(0);
    },
  );

  it('are ended for a client that is told when to come back', async () => {
    const { world, server, gets, drained } = await draining(kind, '2025-11-25');
    server.answer(7);
    await settle(world);
    await drained;
    for (const get of gets) {
      expect((await get.whole()).end).toBe('ended');
      expect(get.frames.at(-1)).toMatchObject({ retry: 3000 });
      expect(get.frames.at(-1)?.data).toBeUndefined();
    }
  });

  it('are cut for a client that takes an end for the last word', async () => {
    const { world, server, gets, drained } = await draining(kind, '2025-06-18');
    server.answer(7);
    await settle(world);
    await drained;
    for (const get of gets) expect((await get.whole()).end).toBe('broken');
  });

  it('end at the deadline, whatever is in flight', async () => {
    const { world, gets, drained, isOver } = await draining(kind, '2025-11-25');
    await settle(world, 5000);
    expect([isOver(), gets[1]!.end]).toEqual([false, undefined]);
    await settle(world, 5000);
    await drained;
    expect((await gets[1]!.whole()).end).toBe('ended');
  });

  it('of clients that have left are nobody any more', async () => {
    const { world, server, gets, drained } = await draining(kind, '2025-06-18');
    gets[1]!.leave();
    await eventually(() => world.runtime.stats().streams < 3);
    server.answer(7);
    await settle(world);
    await drained;
    await gets[0]!.whole();
    expect(world.runtime.stats().streams).toBe(0);
  });
});

describe('R3: a GET stream', () => {
  it('in memory ends with the drain as well, and with close()', async () => {
    for (const end of ['drain', 'close'] as const) {
      const world = new FakeRuntime();
      const [primed, older] = [
        await world.open(),
        await world.open(undefined, { version: '2025-06-18' }),
      ];
      const gets = [await primed.get(), await older.get()];
      await (end === 'drain' ? world.runtime.drain({ deadlineMs: 1000 }) : world.runtime.close());
      await Promise.all(gets.map((get) => get.whole()));
      expect(gets.map((get) => get.end)).toEqual(['ended', 'broken']);
      expect(world.runtime.stats().streams).toBe(0);
    }
  });

  it('of a session that ends for itself ends with its session', async () => {
    const world = new FakeRuntime();
    const client = await world.open(undefined, { version: '2025-06-18' });
    const get = await client.get();
    await client.delete();
    expect((await get.whole()).end).toBe('ended');
  });
});

describe('R6: a call that a drain cuts', () => {
  it('is told that its server restarted, where the session goes on', async () => {
    const { world, call, drained } = await draining('fetch', '2025-11-25');
    await settle(world, 10_000);
    expect(await drained).toMatchObject({ sessions: 2, settled: 0, cut: 1, kept: 2 });
    expect(answerOf(await (await call).whole()).error).toMatchObject({
      code: -32603,
      message: 'Server restarted',
      data: { code: 'session-restarted' },
    });
  });

  it('is told so as well where it had not begun', async () => {
    const world = new FakeRuntime({ store: new DurableMemory(), concurrency: 1 });
    const client = await world.open();
    const calls = [client.request('hold', {}, 1), client.request('next', {}, 2)];
    await turn();
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    const waited = answerOf(await (await calls[1]!).whole());
    expect(waited.error?.data).toEqual({ code: 'session-restarted' });
    world.server.answer(1, { done: true });
    await settle(world, 1000);
    expect(await drained).toMatchObject({ settled: 1, cut: 1, kept: 1 });
    expect(answerOf(await (await calls[0]!).whole()).result).toEqual({ done: true });
  });

  it('is told that its session ended, where it did', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await turn();
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    await world.clock.elapse(1000);
    expect(await drained).toMatchObject({ cut: 1, kept: 0 });
    const { error } = answerOf(await (await call).whole());
    expect(error?.data).toEqual({ code: 'session-ended', reason: 'drained' });
  });

  it('is told so too where the session can not be stored, and nothing counts as kept', async () => {
    const world = new FakeRuntime({
      store: new DurableMemory(),
      state: () => ({ socket: () => {} }),
    });
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await settle(world);
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    await settle(world, 1000);
    expect(await drained).toMatchObject({ sessions: 1, cut: 1, kept: 0 });
    const { error } = answerOf(await (await call).whole());
    expect(error?.data).toEqual({ code: 'session-ended', reason: 'drained' });
  });
});

describe('an initialize that a drain cuts while the store has not answered', () => {
  it('is told that its session ended, and nothing of the session stays', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, storeTimeoutMs: 5000 });
    const client = new WireClient(await openDoor('fetch', world.runtime), {});
    const go = store.hold('write');
    const answer = client.initialize();
    await settle(world);
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    await settle(world, 1000);
    const { error } = answerOf(await (await answer).whole());
    expect(error?.data).toEqual({ code: 'session-ended', reason: 'drained' });
    go();
    await settle(world, 5000);
    expect(await drained).toMatchObject({ sessions: 1, cut: 1, kept: 0 });
    await world.runtime.close();
    expect(await store.count()).toBe(0);
  });

  it('is answered where the store answers in time, and its session is kept', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, storeTimeoutMs: 5000 });
    const client = new WireClient(await openDoor('fetch', world.runtime), {});
    const go = store.hold('write');
    const answer = client.initialize();
    await settle(world);
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    await settle(world);
    go();
    await settle(world, 1000);
    expect(answerOf(await (await answer).whole()).result).toBeDefined();
    expect(await drained).toMatchObject({ sessions: 1, cut: 0, kept: 1 });
    await world.runtime.close();
    expect(await store.count()).toBe(1);
  });
});
