import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { answerOf, WireClient } from '../support/wireClient.ts';

type Options = ConstructorParameters<typeof FakeRuntime>[0];

/** Lets what is to be stored be stored. */
async function settle(world: FakeRuntime): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
  await world.clock.elapse(200);
  for (let i = 0; i < 8; i++) await turn();
}

/** A call that has become a stream whose client holds an id. */
async function streaming(store: DurableMemory, options: Options = {}) {
  const first = new FakeRuntime({ store, ...options });
  const client = await first.open();
  const call = client.request('hold', {}, 1);
  await turn();
  await first.clock.elapse(50);
  const stream = await call;
  await stream.until(({ ids }) => ids.length > 0);
  return { first, client, stream, store };
}

/** The next process, and the same client at its door. */
async function next(store: DurableMemory, client: WireClient, options: Options = {}) {
  const world = new FakeRuntime({ store, ...options });
  const again = await WireClient.of(world.runtime);
  again.id = client.id;
  const resume = (last: string) => again.get({ 'last-event-id': last });
  return { world, again, resume };
}

describe('a stream in a durable store', () => {
  it('begins within 50 ms, and with an id to come back with', async () => {
    const { stream } = await streaming(new DurableMemory());
    expect([stream.isStream, stream.frames[0]?.data]).toEqual([true, '']);
  });

  it('tells its client to be patient: a restart takes longer than the line does to come back', async () => {
    const { stream } = await streaming(new DurableMemory());
    expect(stream.frames[0]?.retry).toBe(3000);
    const { stream: asTold } = await streaming(new DurableMemory(), { sseRetryMs: 500 });
    expect(asTold.frames[0]?.retry).toBe(500);
  });

  it('is not primed before anybody could come back for it', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    await settle(first);
    store.trouble = 'hangs';
    const call = client.request('hold', {}, 1);
    await turn();
    await first.clock.elapse(50);
    let hasBegun = false;
    void call.then(() => (hasBegun = true));
    await turn();
    expect(hasBegun).toBe(false);
    await first.clock.elapse(10_000);
    await (await call).until(({ ids }) => ids.length === 1);
  });

  it('R2, restart: a call whose answer was stored is finished by resumption, once', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store);
    const [primed] = stream.ids;
    stream.leave();
    await turn();
    first.server.answer(1, { done: true });
    await settle(first);
    const { world, resume } = await next(store, client);
    const resumed = await (await resume(primed!)).whole();
    expect(answerOf(resumed)).toMatchObject({ id: 1, result: { done: true } });
    expect(resumed.messages).toHaveLength(1);
    expect(world.servers).toEqual([]);
    const again = await (await resume(resumed.ids.at(-1)!)).whole();
    expect([again.status, again.text]).toEqual([204, '']);
  });

  it('R2, restart: a call whose handler died gets one clear error, and the same one again', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store);
    await settle(first);
    const second = await next(store, client);
    const resumed = await (await second.resume(stream.ids[0]!)).whole();
    expect(answerOf(resumed)).toMatchObject({
      id: 1,
      error: { code: -32603, data: { code: 'session-restarted' } },
    });
    await settle(second.world);
    const third = await next(store, client);
    const again = await (await third.resume(stream.ids[0]!)).whole();
    expect(again.messages).toEqual(resumed.messages);
    // What the dead handler would say now reaches nobody.
    first.server.answer(1, { late: true });
    const over = await (await third.resume(resumed.ids.at(-1)!)).whole();
    expect([over.status, over.text]).toEqual([204, '']);
  });

  it('gives exactly what was missed, once: no event twice, none lost, none of another stream', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store);
    const say = (text: string): void =>
      first.server.notify('notifications/message', { data: text }, first.server.idOf('hold'));
    say('a');
    say('b');
    await stream.until(({ messages }) => messages.length === 2);
    const seen = stream.ids.at(-1)!;
    stream.leave();
    await turn();
    say('c');
    say('d');
    first.server.notify('notifications/message', { data: 'of no call' });
    first.server.answer(1, { done: true });
    await settle(first);
    const { resume } = await next(store, client);
    const resumed = await (await resume(seen)).whole();
    expect(resumed.messages.map(({ params, result }) => params?.['data'] ?? result)).toEqual([
      'c',
      'd',
      { done: true },
    ]);
  });

  it('of the GET kind waits for its client across processes, and is told once', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    first.server.notify('notifications/tools/list_changed');
    await settle(first);
    const { world, again } = await next(store, client);
    const get = await again.get();
    await get.until(({ messages }) => messages.length === 1);
    get.leave();
    await settle(world);
    const third = await next(store, client);
    const once = await third.again.get();
    await turn();
    expect([once.status, once.messages]).toEqual([200, []]);
  });

  it('of the GET kind may be resumed by a client that saw more than was stored', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    const get = await client.get();
    await settle(first);
    store.trouble = 'hangs';
    first.server.notify('notifications/tools/list_changed');
    await get.until(({ messages }) => messages.length === 1);
    const last = get.ids.at(-1)!;
    store.trouble = undefined;
    const { world, again, resume } = await next(store, client);
    const resumed = await resume(last);
    expect(resumed.status).toBe(200);
    await again.call('tools/list');
    world.server.notify('notifications/prompts/list_changed');
    await resumed.until(({ messages }) => messages.length === 1);
    expect(resumed.ids.filter((id) => id === last)).toHaveLength(1);
    expect(new Set(resumed.ids.slice(1)).has(last)).toBe(false);
  });

  it('R1: streams of different incarnations never have the same number', async () => {
    const store = new DurableMemory();
    const { client, stream } = await streaming(store);
    const { world, again } = await next(store, client);
    const call = again.request('hold', {}, 2);
    await turn();
    await world.clock.elapse(60);
    const other = await call;
    await other.until(({ ids }) => ids.length > 0);
    expect(other.ids[0]).not.toBe(stream.ids[0]);
    expect(other.ids[0]!.split('_')[0]).toBe(stream.ids[0]!.split('_')[0]);
  });

  it('is forgotten by count, by age and with its session, in the store as well', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store, {
      maxReplayEvents: 4,
      replayMs: 60_000,
    });
    const hold = first.server.idOf('hold');
    for (let i = 0; i < 10; i++) first.server.notify('notifications/message', { data: i }, hold);
    await settle(first);
    expect((await store.rows(client.id!)).length).toBe(1 + 4);
    const { resume } = await next(store, client);
    expect((await resume(stream.ids[0]!)).status).toBe(400);
    first.server.answer(1);
    await settle(first);
    await first.clock.elapse(120_000);
    await settle(first);
    expect(await store.rows(client.id!)).toEqual([]);
    const other = client.request('hold', {}, 2);
    await turn();
    await first.clock.elapse(50);
    await other;
    await settle(first);
    expect(await store.rows(client.id!)).not.toEqual([]);
    await client.delete();
    await settle(first);
    expect([await store.rows(client.id!), await store.count()]).toEqual([[], 0]);
  });

  it('is forgotten by age in the next process, too', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store, { replayMs: 60_000 });
    stream.leave();
    await turn();
    first.server.answer(1);
    await settle(first);
    const { world, again } = await next(store, client, { replayMs: 60_000 });
    await again.call('tools/list');
    await settle(world);
    expect(await store.rows(client.id!)).not.toEqual([]);
    await world.clock.elapse(120_000);
    await settle(world);
    expect(await store.rows(client.id!)).toEqual([]);
  });

  it('C1: one that was cancelled is not resumed, in the next process neither', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store);
    first.server.notify('notifications/message', { data: 1 }, first.server.idOf('hold'));
    await settle(first);
    expect(await store.rows(client.id!)).toHaveLength(2);
    await client.notify('notifications/cancelled', { requestId: 1 });
    await stream.whole();
    await settle(first);
    expect(await store.rows(client.id!)).toEqual([]);
    const { resume } = await next(store, client);
    const resumed = await (await resume(stream.ids[0]!)).whole();
    expect(resumed.messages.filter(({ id }) => id === 1)).toEqual([]);
  });

  it('that ends while its store hangs is ended all the same, after storeTimeoutMs', async () => {
    const store = new DurableMemory();
    const { first, stream } = await streaming(store);
    await settle(first);
    store.trouble = 'hangs';
    first.server.answer(1, { done: true });
    await turn();
    expect(stream.messages).toEqual([]);
    await first.clock.elapse(10_000);
    expect(answerOf(await stream.whole()).result).toEqual({ done: true });
  });

  it('that says more than is ever kept does not wait for the store', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store, { maxReplayBytes: 1000 });
    await settle(first);
    expect(await store.rows(client.id!)).toHaveLength(1);
    const answer = { text: 'x'.repeat(2000) };
    first.server.answer(1, answer);
    expect(answerOf(await stream.whole()).result).toEqual(answer);
    await settle(first);
    expect(await store.rows(client.id!)).toEqual([]);
    expect(first.runtime.stats().limits).toEqual({});
    const other = await streaming(new DurableMemory(), { maxReplayBytes: 1000 });
    await settle(other.first);
    other.store.trouble = 'hangs';
    other.first.server.answer(1, answer);
    expect(answerOf(await other.stream.whole()).result).toEqual(answer);
  });

  it('of a session that ends tells its callers before it goes', async () => {
    const store = new DurableMemory();
    const { first, stream } = await streaming(store);
    const drained = first.runtime.drain({ deadlineMs: 1000 });
    await first.clock.elapse(1000);
    expect(await drained).toMatchObject({ kept: 1, cut: 1 });
    const { error } = answerOf(await stream.whole());
    expect(error?.data).toEqual({ code: 'session-restarted' });
  });

  it('whose end the store did not take waits here for its client', async () => {
    const store = new DurableMemory();
    const { first, client, stream } = await streaming(store, {
      idleTimeoutMs: 1000,
      replayMs: 60_000,
    });
    stream.leave();
    await settle(first);
    store.trouble = 'fails';
    first.server.answer(1, { done: true });
    await turn();
    store.trouble = undefined;
    for (let i = 0; i < 5; i++) await settle(first);
    await first.clock.elapse(10_000);
    await settle(first);
    expect(first.runtime.stats().sessions.asleep).toBe(1);
    const resumed = await (await client.get({ 'last-event-id': stream.ids[0]! })).whole();
    expect(answerOf(resumed).result).toEqual({ done: true });
    await first.clock.elapse(70_000);
    await settle(first);
    expect(first.runtime.residents()).toEqual([]);
  });
});
