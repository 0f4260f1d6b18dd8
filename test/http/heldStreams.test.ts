import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/http/delivery.ts';
import { BLOCK } from '../../src/http/numbers.ts';
import { formatEventId } from '../../src/wire/eventId.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import type { Rpc } from '../support/reply.ts';
import { answerOf } from '../support/wireClient.ts';

type Options = ConstructorParameters<typeof FakeRuntime>[0];

/** With the revision that its client speaks. */
type HeldOptions = Options & { readonly version?: string };

const KILO = 1000;
const word = 'x'.repeat(100 * KILO);
const numbers = (messages: readonly Rpc[]): unknown[] =>
  messages.flatMap(({ params }) => (params === undefined ? [] : [params['n']]));

/** Lets what is to be stored be stored. */
async function settle(world: FakeRuntime): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
  await world.clock.elapse(200);
  for (let i = 0; i < 8; i++) await turn();
}

/** A call whose stream waits for its row: the store takes nothing until `release` is called. */
async function held({ version = '2025-11-25', ...options }: HeldOptions = {}) {
  const store = new HeldStore();
  const world = new FakeRuntime({ store, ...options });
  const client = await world.open(undefined, { version });
  await settle(world);
  const release = store.hold('write');
  const call = client.request('hold', {}, 1);
  await turn();
  const say = (n: number): void =>
    world.server.notify('notifications/message', { n, word }, world.server.idOf('hold'));
  return { store, world, client, call, say, release };
}

/** A call that has become a stream whose client holds an id, and a store that takes nothing more. */
async function streaming() {
  const store = new HeldStore();
  const world = new FakeRuntime({ store });
  const client = await world.open();
  const call = client.request('hold', {}, 1);
  await turn();
  await world.clock.elapse(50);
  const stream = await (await call).until(({ ids }) => ids.length === 1);
  await settle(world);
  return { store, world, client, stream, release: store.hold('write') };
}

describe('a stream that waits for its row', () => {
  it('counts what waits to what all sessions leave unread, and gives it back', async () => {
    const { world, client, call, say, release } = await held({
      maxReplayBytes: 100_000 * KILO,
      maxUnreadTotalBytes: 450 * KILO,
    });
    for (let n = 0; n < 7; n++) say(n);
    expect(world.runtime.stats().limits).toEqual({ maxUnreadTotalBytes: 1 });
    world.server.answer(1, { done: true });
    release();
    const part = await (await call).whole();
    expect(numbers(part.messages)).toEqual([0, 1, 2, 3]);
    // The room is there for the next one.
    const rest = await (await client.get({ 'last-event-id': part.ids.at(-1)! })).whole();
    expect(numbers(rest.messages)).toEqual([4, 5, 6]);
    expect(world.runtime.stats().limits).toEqual({ maxUnreadTotalBytes: 1 });
  });

  it('keeps maxStreamBytes of what is said meanwhile; its client resumes for the rest', async () => {
    const { world, client, call, say, release } = await held({ maxReplayBytes: 100_000 * KILO });
    for (let n = 0; n < 40; n++) say(n);
    world.server.answer(1, { done: true });
    expect(world.runtime.stats().limits).toEqual({ maxStreamBytes: 1 });
    release();
    const part = await (await call).whole();
    // One event may go beyond the limit.
    expect(numbers(part.messages)).toEqual(Array.from({ length: 11 }, (_, n) => n));
    expect([part.end, world.runtime.stats().streams]).toEqual(['ended', 0]);
    const rest = await (await client.get({ 'last-event-id': part.ids.at(-1)! })).whole();
    expect(numbers(rest.messages)).toEqual(Array.from({ length: 29 }, (_, n) => n + 11));
    expect(answerOf(rest).result).toEqual({ done: true });
    expect(world.runtime.stats().limits).toEqual({ maxStreamBytes: 1 });
  });

  it('breaks off for a client that takes an end for the last word', async () => {
    const { world, call, say, release } = await held({ version: '2025-06-18', maxStreamBytes: 10 });
    for (let n = 0; n < 3; n++) say(n);
    world.server.answer(1, { done: true });
    release();
    const part = await (await call).whole();
    expect([part.end, part.messages, world.runtime.stats().streams]).toEqual(['broken', [], 0]);
    expect(world.runtime.stats().limits).toEqual({ maxStreamBytes: 1 });
  });

  it('counts with the others of its session: all keep maxUnreadBytes together', async () => {
    const { world, client, call, say, release } = await held({
      maxStreamBytes: 100_000 * KILO,
      maxUnreadBytes: 500 * KILO,
    });
    const other = client.request('hold', {}, 2);
    await turn();
    for (let n = 0; n < 5; n++) {
      say(n);
      world.server.notify('notifications/message', { n, word }, 2);
    }
    expect(world.runtime.stats().limits).toEqual({ maxUnreadBytes: 2 });
    release();
    const [first, second] = [await (await call).whole(), await (await other).whole()];
    expect([numbers(first.messages), numbers(second.messages)]).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('holds back a handler that awaits what it says, and ends nothing', async () => {
    const { world, call, release } = await held();
    let said = 0;
    const telling = (async () => {
      for (let n = 0; n < 30; n++) {
        const message = {
          jsonrpc: '2.0' as const,
          method: 'notifications/message',
          params: { n, word },
        };
        await world.server.transport?.send(message, { relatedRequestId: 1 });
        said++;
      }
      world.server.answer(1);
    })();
    for (let i = 0; i < 50; i++) await turn();
    expect(said).toBe(6);
    release();
    const reply = await (await call).whole();
    await telling;
    expect(numbers(reply.messages)).toHaveLength(30);
    expect(world.runtime.stats().limits).toEqual({});
  });

  it('can not be resumed: no client knows of it yet', async () => {
    const { world, client, call, release } = await held();
    await world.clock.elapse(50);
    const { key } = world.runtime.residents()[0]!;
    const early = await client.get({ 'last-event-id': formatEventId(key, 1, 0) });
    expect([early.status, world.runtime.stats().streams]).toEqual([400, 1]);
    release();
    await (await call).until(({ ids }) => ids.length === 1);
    expect((await client.get({ 'last-event-id': formatEventId(key, 1, 0) })).status).toBe(200);
  });

  it('that its handler closes ends with the id to come back with, not before', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    await settle(world);
    const { transport } = world.server;
    const take = transport!.onmessage!;
    transport!.onmessage = (message, extra) => {
      take(message, extra);
      (extra as Partial<Delivery>).closeSSEStream?.();
    };
    const release = store.hold('write');
    const call = client.request('hold', {}, 1);
    await turn();
    release();
    const begun = await (await call).whole();
    expect([begun.messages, begun.ids.length, begun.end]).toEqual([[], 1, 'ended']);
    world.server.answer(1, { done: true });
    const resumed = await (await client.get({ 'last-event-id': begun.ids[0]! })).whole();
    expect(answerOf(resumed).result).toEqual({ done: true });
  });

  it('that is cancelled is answered, and not begun any more', async () => {
    const { world, client, call, say, release } = await held();
    for (let n = 0; n < 20; n++) say(n);
    await client.notify('notifications/cancelled', { requestId: 1 });
    expect((await (await call).whole()).status).toBe(202);
    release();
    await settle(world);
    expect(world.runtime.stats()).toMatchObject({ streams: 0, inFlight: 0 });
    expect(await world.runtime.close()).toBeUndefined();
  });
});

describe('a stream that waits for numbers', () => {
  it('keeps no more of what is said meanwhile, and goes on when it has them', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, maxStreamBytes: 10 * KILO });
    const client = await world.open();
    await settle(world);
    const note = (n: number): void => world.server.notify('notifications/message', { n });
    const get = await client.get();
    note(0);
    await get.until(({ messages }) => messages.length === 1);
    const [, last] = get.ids;
    get.leave();
    await turn();
    // All that is free to say without asking the store.
    for (let n = 1; n < BLOCK; n++) note(n);
    const release = store.hold('write');
    const again = await client.get({ 'last-event-id': last! });
    expect(again.status).toBe(400);
    const fresh = await client.get();
    await fresh.until(({ messages }) => messages.length === 256);
    for (let n = BLOCK; n < BLOCK + 1000; n++) note(n);
    await turn();
    expect([fresh.messages.length, fresh.end]).toEqual([256, undefined]);
    release();
    const heard = numbers((await fresh.whole()).messages);
    // Behind what was in the log: as much as had room, in order, and then an end to come back from.
    const count = heard.length - 256;
    expect(heard.slice(256)).toEqual(Array.from({ length: count }, (_, i) => BLOCK + i));
    expect([count > 50, count < 200]).toEqual([true, true]);
    expect(world.runtime.stats().limits['maxStreamBytes']).toBe(1);
    const rest = await client.get();
    await rest.until(({ messages }) => messages.length === 256);
    note(-1);
    await rest.until(({ messages }) => messages.length === 257);
    expect([numbers(rest.messages)[0], numbers(rest.messages)[255]]).toEqual([
      BLOCK + 744,
      BLOCK + 999,
    ]);
  });
});

describe('an event that waits to go out', () => {
  it('is not stored again when it does, where the log has dropped it', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, maxReplayEvents: 10 });
    const client = await world.open();
    await settle(world);
    const note = (n: number): void => world.server.notify('notifications/message', { n });
    // All that is free to say without asking the store.
    for (let n = 1; n <= BLOCK; n++) note(n);
    const get = await client.get();
    await get.until(({ messages }) => messages.length === 10);
    await settle(world);
    const release = store.hold('write');
    for (let n = 1; n <= 50; n++) note(BLOCK + n);
    release();
    await get.until(({ messages }) => messages.length === 60);
    await settle(world);
    // The events that can be resumed, and their stream.
    expect(await store.rows(client.id!)).toHaveLength(11);
  });
});

describe('the end of a stream whose row is on its way', () => {
  it('waits for it, also where the stream itself may begin', async () => {
    const { store, world, call, say, release } = await held();
    say(1);
    await turn();
    world.server.answer(1, { done: true });
    release();
    const releaseEnd = store.hold('write');
    const stream = await (await call).until(({ messages }) => messages.length === 1);
    await settle(world);
    expect([numbers(stream.messages), stream.end]).toEqual([[1], undefined]);
    releaseEnd();
    expect(answerOf(await stream.whole()).result).toEqual({ done: true });
  });

  it('is not replayed to a client that resumes, and comes when it is stored', async () => {
    const { store, world, client, stream, release } = await streaming();
    world.server.notify('notifications/message', { n: 1 }, 1);
    await stream.until(({ messages }) => messages.length === 1);
    world.server.answer(1, { done: true });
    stream.leave();
    await turn();
    const again = await client.get({ 'last-event-id': stream.ids[0]! });
    await again.until(({ messages }) => messages.length === 1);
    await settle(world);
    expect([numbers(again.messages), again.end]).toEqual([[1], undefined]);
    // What a process that dies now leaves: the answer, which nobody has seen, is not in it.
    const rows = await store.rows(client.id!);
    expect(rows.some(({ row }) => row.includes('done'))).toBe(false);
    release();
    await again.whole();
    expect(answerOf(again).result).toEqual({ done: true });
    expect([again.messages.length, world.runtime.stats().streams]).toEqual([2, 0]);
  });

  it('goes out where the log has dropped it before it was stored, and leaves nothing', async () => {
    const { store, world, client, stream, release } = await streaming();
    world.server.answer(1, { done: true });
    for (let n = 0; n < 300; n++) world.server.notify('notifications/message', { n });
    await settle(world);
    expect(stream.end).toBeUndefined();
    release();
    expect(answerOf(await stream.whole()).result).toEqual({ done: true });
    expect(world.runtime.stats().streams).toBe(0);
    await settle(world);
    const kinds = (await store.rows(client.id!)).map(({ row }) => row.slice(0, 6));
    // The row of the GET stream says what the log has dropped of it.
    const events = Array.from({ length: 256 }, () => '["e",0');
    expect(kinds.toSorted()).toEqual([...events, '["o",0']);
  });

  it('goes out at the end of its session, stored or not', async () => {
    const { world, stream } = await streaming();
    world.server.answer(1, { done: true });
    for (let n = 0; n < 300; n++) world.server.notify('notifications/message', { n });
    await turn();
    world.runtime.residents()[0]!.close();
    await world.clock.elapse(1000);
    expect(answerOf(await stream.whole()).result).toEqual({ done: true });
    expect(world.runtime.stats().streams).toBe(0);
  });
});
