import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

const RESUME_MS = 10_000;

/** What the server heard last. */
function last({ server }: FakeRuntime): unknown {
  return server.received.at(-1);
}

const UNDELIVERABLE = { error: { code: -32000, data: { code: 'undeliverable' } } };

describe('before the handshake is confirmed', () => {
  it('holds what is said, but for pings and log messages, and lets it go in order (L2)', async () => {
    const world = new FakeRuntime();
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    world.server.notify('notifications/tools/list_changed');
    world.server.notify('notifications/message', { level: 'info', data: 'early' });
    world.server.notify('notifications/resources/list_changed');
    expect(world.runtime.stats().deadLetters.closed).toBe(0);
    await client.notify('notifications/initialized');
    const get = await client.get();
    const seen = await get.until(({ messages }) => messages.length === 3);
    expect(seen.messages.map(({ method }) => method)).toEqual([
      'notifications/message',
      'notifications/tools/list_changed',
      'notifications/resources/list_changed',
    ]);
  });

  it('holds no more than maxQueue: the rest is full dead letters (law 4)', async () => {
    const world = new FakeRuntime({ maxQueue: 2 });
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    for (let i = 0; i < 5; i++) world.server.notify('notifications/tools/list_changed');
    const { limits, deadLetters } = world.runtime.stats();
    expect([limits['maxQueue'], deadLetters.full]).toEqual([3, 3]);
  });

  it('what is still held when the session ends is a dead letter, not lost (law 5)', async () => {
    const world = new FakeRuntime();
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    world.server.notify('notifications/tools/list_changed');
    await world.clock.elapse(60_000);
    expect(world.runtime.deadLetters()).toMatchObject([
      { direction: 'out', method: 'notifications/tools/list_changed', reason: 'closed' },
    ]);
  });

  it('answers a question that finds no room with an error at once', async () => {
    const world = new FakeRuntime({ maxQueue: 1 });
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    world.server.notify('notifications/tools/list_changed');
    world.server.ask(0, 'roots/list');
    await turn();
    expect(last(world)).toMatchObject({ id: 0, ...UNDELIVERABLE });
  });
});

describe('a question that names no request', () => {
  it('W16: travels with the only request in flight where no GET stream is open', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const asked = client.request('hold', {}, 'one');
    await turn();
    world.server.ask(5, 'elicitation/create');
    const post = await (await asked).until(({ messages }) => messages.length === 1);
    expect(post.messages[0]).toMatchObject({ method: 'elicitation/create' });
    await client.respond(post.messages[0]?.id, { action: 'decline' });
    expect(last(world)).toEqual({ jsonrpc: '2.0', id: 5, result: { action: 'decline' } });
  });

  it('W16: travels on the GET stream where one is open', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    const asked = client.request('hold', {}, 'one');
    await turn();
    world.server.ask(5, 'elicitation/create');
    await get.until(({ messages }) => messages.length === 1);
    world.server.answer('one');
    expect((await (await asked).whole()).messages).toMatchObject([{ id: 'one' }]);
  });

  it('W16: waits for a GET stream where several requests are in flight', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    for (const id of ['one', 'two']) void client.request('hold', {}, id);
    await turn();
    world.server.ask(5, 'elicitation/create');
    await world.clock.elapse(RESUME_MS);
    expect(last(world)).toMatchObject({ id: 5, ...UNDELIVERABLE });
  });
});

describe('unreachableAfterMs', () => {
  it('gives a question without a stream one clear error when its time is over', async () => {
    const world = new FakeRuntime();
    await world.open();
    world.server.ask(5, 'roots/list');
    await world.clock.elapse(RESUME_MS - 1);
    expect(world.server.methods).not.toContain('answer');
    await world.clock.elapse(1);
    expect(last(world)).toMatchObject({ id: 5, ...UNDELIVERABLE });
  });

  it('lets a question wait for a stream that comes in time', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    world.server.ask(5, 'roots/list');
    await world.clock.elapse(RESUME_MS - 1);
    const get = await client.get();
    const { messages } = await get.until((reply) => reply.messages.length === 1);
    await world.clock.elapse(60_000);
    expect(world.server.methods).not.toContain('answer');
    await client.respond(messages[0]?.id, { roots: [] });
    expect(last(world)).toEqual({ jsonrpc: '2.0', id: 5, result: { roots: [] } });
  });

  it('gives up a question whose request is already answered, even with a stream open', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await client.get();
    await client.call('tools/list', {}, 1);
    world.server.ask(5, 'roots/list', 1);
    await world.clock.elapse(RESUME_MS);
    expect(world.runtime.stats().deadLetters.late).toBe(1);
    expect(last(world)).toMatchObject({ id: 5, error: { code: -32000 } });
  });

  it('lets the session go idle again once it has given up', async () => {
    const world = new FakeRuntime();
    await world.open();
    world.server.ask(5, 'roots/list');
    await world.clock.elapse(RESUME_MS + 2000);
    expect(world.runtime.stats().sessions.idle).toBe(1);
  });
});

describe('questions', () => {
  it('travel on the stream of the request they belong to (P9)', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    const call = client.request('hold', {}, 1);
    await turn();
    world.server.ask(0, 'sampling/createMessage', 1);
    const reply = await (await call).until(({ messages }) => messages.length === 1);
    expect(reply.messages[0]?.method).toBe('sampling/createMessage');
    expect(get.messages).toEqual([]);
    await client.respond(reply.messages[0]?.id, { role: 'assistant' });
    expect(last(world)).toMatchObject({ id: 0, result: { role: 'assistant' } });
    world.server.answer(1);
    await reply.whole();
  });

  it('that are withdrawn are withdrawn on the wire, by their wire id', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    world.server.ask('local', 'roots/list');
    world.server.notify('notifications/cancelled', { requestId: 'local' });
    const { messages } = await get.until((reply) => reply.messages.length === 2);
    expect(messages[1]?.params).toEqual({ requestId: messages[0]?.id });
    await client.respond(messages[0]?.id);
    expect(world.runtime.stats().deadLetters.late).toBe(1);
  });

  it('hear progress under the name they know', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await client.get();
    const message = { jsonrpc: '2.0' as const, id: 'local', method: 'roots/list' };
    await world.server.transport?.send({
      ...message,
      params: { _meta: { progressToken: 'local' } },
    });
    await client.notify('notifications/progress', { progressToken: 0, progress: 1 });
    expect(last(world)).toMatchObject({ params: { progressToken: 'local', progress: 1 } });
  });

  it.each([
    ['answered twice', 'late'],
    ['never asked', 'unknown'],
  ] as const)('%s are a dead letter: %s (law 5)', async (what, reason) => {
    const world = new FakeRuntime();
    const client = await world.open();
    await client.get();
    world.server.ask(0, 'roots/list');
    await client.respond(0);
    const before = world.server.received.length;
    await client.respond(what === 'answered twice' ? 0 : 99);
    expect(world.server.received).toHaveLength(before);
    expect(world.runtime.stats().deadLetters[reason]).toBe(1);
  });

  it('that JSON can not carry pin nothing', async () => {
    const world = new FakeRuntime();
    await world.open();
    try {
      await world.server.transport?.send({
        jsonrpc: '2.0',
        id: 0,
        method: 'roots/list',
        params: { big: 1n },
      });
    } catch {
      // A server may hear of it by a throw as well as by an error.
    }
    await world.clock.elapse(2000);
    expect(world.runtime.stats().sessions.idle).toBe(1);
  });
});

describe('session.progress', () => {
  it('shows the last progress of each request in flight, and forgets it with its answer', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.request('hold', { _meta: { progressToken: 'p' } }, 1);
    await turn();
    world.server.notify('notifications/progress', { progressToken: 'p', progress: 1 }, 1);
    world.server.notify('notifications/progress', { progressToken: 'p', progress: 2, total: 3 }, 1);
    const [session] = world.runtime.residents();
    expect(session?.progress).toEqual([
      { token: 'p', progress: 2, total: 3, at: world.clock.now() },
    ]);
    world.server.answer(1);
    await (await call).whole();
    expect(session?.progress).toEqual([]);
  });

  it('keeps nothing for a token that belongs to no request in flight', async () => {
    const world = new FakeRuntime();
    await world.open();
    world.server.notify('notifications/progress', { progressToken: 'stray', progress: 1 });
    expect(world.runtime.residents()[0]?.progress).toEqual([]);
  });
});
