import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { limitsOf } from '../src/options.ts';
import { isRequest } from '../src/wire/jsonrpc.ts';
import { eventually, turn } from './support/eventually.ts';
import { FakeRuntime } from './support/fakeRuntime.ts';
import { WireClient } from './support/wireClient.ts';

const KEEP_ALIVE = 'keep-alive';

/** Opens the GET stream without reading it. */
function unread(world: FakeRuntime, client: WireClient): Promise<Response> {
  const headers = { accept: 'text/event-stream', 'mcp-session-id': client.id ?? '' };
  return world.runtime.fetch(new Request('http://localhost/mcp', { headers }));
}

function say(world: FakeRuntime, count: number, size = 10): void {
  for (let n = 0; n < count; n++) {
    world.server.notify('notifications/message', { n, data: 'x'.repeat(size) });
  }
}

/** A line of GET stream from an event id on. */
function resume(client: WireClient, id: string | undefined) {
  return client.get({ 'last-event-id': id ?? '' });
}

describe('limits of a body', () => {
  it('maxBodyBytes, declared: 413, counted', async () => {
    const world = new FakeRuntime({ maxBodyBytes: 100 });
    const client = await WireClient.of(world.runtime);
    const reply = await client.post('{}', { 'content-length': '101' });
    expect([reply.status, world.runtime.stats().refusals['body-too-large']]).toEqual([413, 1]);
  });

  it('maxBodyBytes, counted in bytes and not in characters: 413', async () => {
    const world = new FakeRuntime({ maxBodyBytes: 100 });
    const client = await WireClient.of(world.runtime);
    expect((await client.post(JSON.stringify('€'.repeat(40)))).status).toBe(413);
    expect((await client.post(JSON.stringify('x'.repeat(98)))).status).toBe(400);
  });

  it.each([
    ['maxDepth', { a: { a: { a: {} } } }, 'body-too-deep'],
    ['maxElements', ['1', '2', '3', '4', '5'], 'body-too-many-elements'],
  ] as const)('%s: 400, counted', async (limit, params, code) => {
    const world = new FakeRuntime({ [limit]: limit === 'maxDepth' ? 4 : 9 });
    const client = await WireClient.of(world.runtime);
    const body = { jsonrpc: '2.0', id: 1, method: 'x', params: { params } };
    const reply = await (await client.post(body)).whole();
    expect([reply.status, reply.message.error?.data?.['code']]).toEqual([400, code]);
    expect(world.runtime.stats().refusals[code]).toBe(1);
  });
});

describe('maxResources', () => {
  it('refuses one more with an error, and counts', async () => {
    const world = new FakeRuntime({ maxResources: 2 });
    await world.open();
    const limits = world.record('limit');
    const [session] = world.runtime.residents();
    session?.own(() => {});
    session?.own(() => {});
    expect(() => session?.own(() => {})).toThrow(
      expect.objectContaining({ code: 'too-many-resources' }),
    );
    expect(world.runtime.stats().limits['maxResources']).toBe(1);
    expect(limits).toEqual([{ session: session?.key, limit: 'maxResources' }]);
  });
});

describe('maxStreamBytes', () => {
  it('cuts a stream whose client does not read, keeps the session, and counts', async () => {
    const world = new FakeRuntime({ maxStreamBytes: 10_000 });
    const client = await world.open();
    const response = await unread(world, client);
    for (let i = 0; i < 20; i++) {
      world.server.notify('notifications/message', { data: 'x'.repeat(1000) });
    }
    expect(world.runtime.stats()).toMatchObject({ streams: 0, limits: { maxStreamBytes: 1 } });
    await expect(response.text()).rejects.toThrow('cut');
    expect((await client.call('tools/list')).error).toBeUndefined();
  });

  it('loses nothing that the replay still holds', async () => {
    const world = new FakeRuntime({ maxStreamBytes: 5000 });
    const client = await world.open();
    await unread(world, client);
    for (let n = 0; n < 20; n++) {
      world.server.notify('notifications/message', { n, data: 'x'.repeat(1000) });
    }
    const get = await client.get();
    const { messages } = await get.until((reply) => reply.messages.length > 0);
    const first = messages[0]?.params?.['n'];
    await get.until((reply) => reply.messages.at(-1)?.params?.['n'] === 19);
    expect(first).toBeLessThanOrEqual(6);
  });
});

describe('limits of the replay', () => {
  it('maxReplayEvents: what nobody has read and is dropped is counted', async () => {
    const world = new FakeRuntime({ maxReplayEvents: 5 });
    const client = await world.open();
    say(world, 8);
    expect(world.runtime.stats().limits).toEqual({ maxReplayEvents: 3 });
    const get = await client.get();
    await get.until(({ messages }) => messages.length === 5);
    expect(get.messages[0]?.params?.['n']).toBe(3);
  });

  it('maxReplayBytes: the same, by its own name', async () => {
    const world = new FakeRuntime({ maxReplayBytes: 3000 });
    await world.open();
    say(world, 8, 900);
    expect(world.runtime.stats().limits).toEqual({ maxReplayBytes: 6 });
  });

  it('maxReplayTotalBytes: of whoever has most, asleep or not; counted', async () => {
    const world = new FakeRuntime({ maxReplayTotalBytes: 3000, replayMs: 60 * 60_000 });
    const limits = world.record('limit');
    await world.open('ann');
    say(world, 2, 900);
    await world.clock.elapse(1000);
    await world.clock.elapse(10 * 60_000);
    const [ann] = world.runtime.residents();
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, total: 1 });
    const bob = await world.open('bob');
    say(world, 1, 500);
    expect(limits).toEqual([]);
    say(world, 1, 500);
    const limit = 'maxReplayTotalBytes';
    expect(limits).toEqual([
      { session: ann?.key, limit },
      { session: ann?.key, limit },
    ]);
    expect(world.runtime.stats().limits).toEqual({ maxReplayTotalBytes: 2 });
    const get = await bob.get();
    await get.until(({ messages }) => messages.length === 2);
  });

  it('replayMs: the same, by its own name', async () => {
    const world = new FakeRuntime({ replayMs: 60_000 });
    await world.open();
    say(world, 2);
    await world.clock.elapse(120_000);
    expect(world.runtime.stats().limits).toEqual({ replayMs: 2 });
  });

  it('replayMs: no event can be resumed once it is that old', async () => {
    const world = new FakeRuntime({ replayMs: 60_000 });
    const client = await world.open();
    const get = await client.get();
    say(world, 1);
    const [, first] = (await get.until(({ ids }) => ids.length === 2)).ids;
    await world.clock.elapse(30_000);
    say(world, 1);
    await world.clock.elapse(1000);
    get.leave();
    await turn();
    expect((await resume(client, first)).status).toBe(200);
    // The second event is 59 s old, then 61.
    await world.clock.elapse(58_000);
    const again = await resume(client, first);
    await again.until(({ messages }) => messages.length === 1);
    await world.clock.elapse(2000);
    expect((await resume(client, first)).status).toBe(400);
  });

  it('replayMs: nothing that old is given to a new GET stream', async () => {
    const world = new FakeRuntime({ replayMs: 60_000 });
    const client = await world.open();
    say(world, 1);
    await world.clock.elapse(30_000);
    world.server.notify('notifications/message', { n: 'too old' });
    await world.clock.elapse(61_000);
    world.server.notify('notifications/message', { n: 'fresh' });
    const get = await client.get();
    await get.until(({ messages }) => messages.length > 0);
    expect(get.messages.map(({ params }) => params?.['n'])).toEqual(['fresh']);
    expect(world.runtime.stats().limits).toEqual({ replayMs: 2 });
  });

  it('what was read is dropped silently: it is nobody s loss', async () => {
    const world = new FakeRuntime({ maxReplayEvents: 5 });
    const client = await world.open();
    const get = await client.get();
    say(world, 50);
    await get.until(({ messages }) => messages.length === 50);
    expect(world.runtime.stats().limits).toEqual({});
  });
});

describe('keepAliveMs', () => {
  it('writes a comment on every open stream, and on none that is closed', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    const call = client.request('hold', {}, 1);
    await world.clock.elapse(46_000);
    const comments = (reply: typeof get): number =>
      reply.frames.filter(({ comment }) => comment === KEEP_ALIVE).length;
    expect(comments(get)).toBe(3);
    expect(comments(await call)).toBe(3);
    get.leave();
    world.server.answer(1);
    await (await call).whole();
    await world.clock.elapse(60_000);
    expect(world.runtime.stats().streams).toBe(0);
    await world.runtime.close();
    expect(world.clock.pending).toBe(0);
  });

  it('keeps no session awake: it goes idle under an open stream', async () => {
    const world = new FakeRuntime();
    await (await world.open()).get();
    await world.clock.elapse(60_000);
    expect(world.runtime.stats().sessions.idle).toBe(1);
  });
});

describe('sseAfterMs', () => {
  it('answers as a primed stream what takes longer, and as JSON what does not', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const quick = client.request('hold', {}, 1);
    await world.clock.elapse(999);
    world.server.answer(1);
    expect((await quick).headers['content-type']).toBe('application/json');
    const slow = client.request('hold', {}, 2);
    await world.clock.elapse(1000);
    const reply = await slow;
    expect([reply.isStream, reply.frames[0]?.retry]).toEqual([true, 1000]);
    world.server.answer(2);
    await reply.whole();
  });

  it('never does where it is Infinity', async () => {
    const world = new FakeRuntime({ sseAfterMs: Infinity });
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await world.clock.elapse(3_600_000);
    world.server.answer(1);
    expect((await call).isStream).toBe(false);
  });
});

describe('unreachableAfterMs', () => {
  it('gives the server an error for a question nobody came for, and counts', async () => {
    const world = new FakeRuntime();
    await world.open();
    world.server.ask(0, 'roots/list');
    await world.clock.elapse(10_000);
    expect(world.server.received.at(-1)).toMatchObject({
      id: 0,
      error: { data: { code: 'undeliverable' } },
    });
    expect(world.runtime.stats().limits).toEqual({ unreachableAfterMs: 1 });
  });
});

describe('maxUnreadBytes', () => {
  it('cuts the oldest answers of a client that asks and never reads, and counts', async () => {
    const world = new FakeRuntime({
      maxUnreadBytes: 1,
      hook: (message, server) => {
        if (!isRequest(message) || message.method !== 'big') return false;
        server.answer(message.id, { data: 'x'.repeat(8 * 1024 * 1024) });
        return true;
      },
    });
    const client = await world.open();
    const http = await serve(world.runtime, { port: 0, contain: false });
    const tripped = new Promise<void>((resolve) => {
      world.runtime.on('limit', ({ limit }) => limit === 'maxUnreadBytes' && resolve());
    });
    const sockets = [1, 2, 3].map((id) => {
      const socket = connect(http.port, '127.0.0.1')
        .pause()
        .on('error', () => {});
      const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'big' });
      const head = [
        'POST /mcp HTTP/1.1',
        'Host: localhost',
        'Content-Type: application/json',
        'Accept: application/json, text/event-stream',
        `Mcp-Session-Id: ${client.id}`,
        `Content-Length: ${body.length}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
      return socket;
    });
    await tripped;
    expect((await client.call('tools/list')).error).toBeUndefined();
    for (const socket of sockets) socket.destroy();
    await Promise.all([http.close({ deadlineMs: 10 }), world.clock.elapse(10)]);
    expect(world.runtime.stats().limits['maxUnreadBytes']).toBeGreaterThanOrEqual(1);
  });
});

describe('maxUnreadBytesPerPrincipal', () => {
  it('cuts the oldest of whichever session of the principal has most, and counts', async () => {
    const world = new FakeRuntime({
      maxUnreadBytesPerPrincipal: 250_000,
      hook: (message, server) => {
        if (!isRequest(message) || message.method !== 'big') return false;
        server.answer(message.id, { data: 'x'.repeat(100_000) });
        return true;
      },
    });
    const limits = world.record('limit');
    const sessions = [await world.open('ann'), await world.open('ann'), await world.open('bob')];
    const answers: Response[] = [];
    const ask = async (client: WireClient, user: string, id: number): Promise<void> => {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': client.id ?? '',
        'x-user': user,
      };
      const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'big' });
      const init = { method: 'POST', headers, body };
      answers.push(await world.runtime.fetch(new Request('http://localhost/mcp', init)));
    };
    await ask(sessions[2]!, 'bob', 1);
    await ask(sessions[2]!, 'bob', 2);
    await ask(sessions[0]!, 'ann', 1);
    await ask(sessions[1]!, 'ann', 1);
    expect(limits).toEqual([]);
    await ask(sessions[1]!, 'ann', 2);
    expect(limits).toEqual([
      { session: expect.any(String), limit: 'maxUnreadBytesPerPrincipal' },
      { session: expect.any(String), limit: 'maxUnreadBytesPerPrincipal' },
    ]);
    const ends = await Promise.all(
      answers.map((answer) =>
        answer.text().then(
          () => 'whole',
          () => 'cut',
        ),
      ),
    );
    expect(ends).toEqual(['whole', 'whole', 'whole', 'cut', 'cut']);
  });

  it('is a quarter of maxUnreadTotalBytes, and no less than one session may leave', () => {
    const mib = 1024 ** 2;
    const shares = [
      {},
      { maxUnreadTotalBytes: 100 * mib },
      { maxUnreadTotalBytes: 20 * mib },
      { maxUnreadBytesPerPrincipal: 1 },
    ].map((options) => limitsOf(options, false).maxUnreadBytesPerPrincipal);
    expect(shares).toEqual([64 * mib, 25 * mib, 8 * mib, 1]);
  });
});

describe('sseRetryMs', () => {
  it('is what a primed stream tells its client to wait', async () => {
    const world = new FakeRuntime({ sseRetryMs: 7000 });
    const get = await (await world.open()).get();
    await get.until(({ frames }) => frames.length > 0);
    expect(get.frames[0]?.retry).toBe(7000);
  });
});

describe('maxHistory', () => {
  it('bounds dead letters, and tombstones: the oldest are forgotten', async () => {
    const world = new FakeRuntime({ maxHistory: 2 });
    const clients = [await world.open(), await world.open(), await world.open()];
    for (const client of clients) {
      await client.respond(99);
      await client.delete();
      await turn();
    }
    expect(world.runtime.deadLetters()).toHaveLength(2);
    expect(world.runtime.stats().deadLetters.unknown).toBe(3);
    const reasons = await Promise.all(
      clients.map(async (client) => (await client.call('x')).error?.data?.['reason']),
    );
    expect(reasons).toEqual([undefined, 'terminated', 'terminated']);
  });
});

describe('DEFAULT_LIMITS', () => {
  it('are those of the design', () => {
    const min = 60_000;
    expect(DEFAULT_LIMITS).toMatchObject({
      maxBodyBytes: 4 * 1024 ** 2,
      maxDepth: 64,
      maxElements: 20_000,
      maxSessions: 10_000,
      maxSessionsPerPrincipal: 256,
      maxHandshakes: 256,
      handshakeTimeoutMs: min,
      maxInFlight: 64,
      maxQueue: 256,
      maxStreamBytes: 1024 ** 2,
      maxReplayEvents: 256,
      maxReplayBytes: 1024 ** 2,
      replayMs: 5 * min,
      idleTimeoutMs: 5 * min,
      keepAliveMs: 15_000,
      closeTimeoutMs: 5000,
    });
  });
});

describe('a runtime at rest', () => {
  it('has one timer while sessions live, and none when they are gone', async () => {
    const world = new FakeRuntime();
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.open()));
    await Promise.all(clients.map((client) => client.get()));
    await world.clock.elapse(20_000);
    expect(world.clock.pending).toBe(1);
    await Promise.all(clients.map((client) => client.delete()));
    await eventually(() => world.runtime.stats().sessions.total === 0);
    await world.clock.elapse(60_000);
    expect(world.clock.pending).toBe(0);
  });
});
