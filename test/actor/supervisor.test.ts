import { describe, expect, it } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

/** Is the session of a client still there? A ping does not activate it. */
async function lives(client: WireClient): Promise<boolean> {
  return (await client.request('ping', {}, 'alive?')).status === 200;
}

describe('maxSessions', () => {
  it('ends the least recently used detached idle session for a new one', async () => {
    const world = new FakeRuntime({ maxSessions: 3, sleep: false });
    const [a, b, c] = [await world.open(), await world.open(), await world.open()];
    await world.quiet();
    await a.call('tools/list');
    await world.quiet();
    await world.open();
    expect([await lives(a), await lives(b), await lives(c)]).toEqual([true, false, true]);
    expect(world.runtime.stats()).toMatchObject({ evicted: { capacity: 1 }, limits: {} });
    await world.open();
    expect([await lives(a), await lives(c)]).toEqual([true, false]);
  });

  it('answers 503 with Retry-After where all are active, attached or at work', async () => {
    const world = new FakeRuntime({ maxSessions: 3, sleep: false });
    const attached = await world.open();
    await attached.get();
    const busy = await world.open();
    void busy.request('hold', {}, 1);
    await world.quiet();
    const active = await world.open();
    const client = await WireClient.of(world.runtime);
    const refused = await client.initialize();
    expect([refused.status, refused.headers['retry-after'], refused.message.error?.code]).toEqual([
      503,
      '5',
      -32000,
    ]);
    const { limits, refusals, sessions } = world.runtime.stats();
    expect([limits['maxSessions'], refusals['at-capacity'], sessions.total]).toEqual([1, 1, 3]);
    expect([await lives(attached), await lives(busy), await lives(active)]).toEqual(
      Array(3).fill(true),
    );
  });

  it('never ends a session with a question pending', async () => {
    const world = new FakeRuntime({ maxSessions: 1 });
    const client = await world.open();
    const get = await client.get();
    await world.quiet();
    world.server.ask(0, 'elicitation/create');
    get.leave();
    await turn();
    expect((await (await WireClient.of(world.runtime)).initialize()).status).toBe(503);
  });

  it('gives a place back when a session begins to close, not when it is gone', async () => {
    const world = new FakeRuntime({ maxSessions: 1 });
    const client = await world.open();
    void client.request('hold', {}, 1);
    await turn();
    await client.delete();
    expect(world.runtime.stats().sessions.closing).toBe(1);
    await world.open();
    expect(world.runtime.stats().sessions).toMatchObject({ closing: 1, active: 1 });
  });

  it('reserves before it builds: a slow factory can not be raced past the cap', async () => {
    const world = new FakeRuntime({ maxSessions: 2, server: () => new Promise(() => {}) });
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => WireClient.of(world.runtime)),
    );
    for (const client of clients) void client.initialize();
    await turn();
    expect(world.runtime.stats()).toMatchObject({ spawned: 2, refusals: { 'at-capacity': 3 } });
  });
});

describe('isFull', () => {
  it('says that the cap is reached, until a session begins to close', async () => {
    const world = new FakeRuntime({ maxSessions: 2 });
    const { runtime } = world;
    await world.open();
    expect(runtime.isFull).toBe(false);
    const client = await world.open();
    expect(runtime.isFull).toBe(true);
    await client.delete();
    expect(runtime.isFull).toBe(false);
  });
});

describe('maxSessionsPerPrincipal', () => {
  it("ends the principal's own least recently used idle session, and nobody else's", async () => {
    const world = new FakeRuntime({ maxSessionsPerPrincipal: 2, sleep: false });
    const bob = await world.open('bob');
    await world.quiet();
    const [first, second] = [await world.open('ann'), await world.open('ann')];
    await world.quiet();
    await first.call('tools/list');
    await world.quiet();
    await world.open('ann');
    expect([await lives(bob), await lives(first), await lives(second)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('U16: refuses with 429 where none of them is idle, and counts', async () => {
    const world = new FakeRuntime({ maxSessionsPerPrincipal: 2 });
    await world.open('ann');
    await world.open('ann');
    const third = await WireClient.of(world.runtime, { headers: { 'x-user': 'ann' } });
    expect((await third.initialize()).status).toBe(429);
    expect(world.runtime.stats().limits['maxSessionsPerPrincipal']).toBe(1);
    await expect(world.open('bob')).resolves.toBeDefined();
  });

  it('does not cap the anonymous principal', async () => {
    const world = new FakeRuntime({ maxSessionsPerPrincipal: 1 });
    await world.open();
    await world.open();
    expect(world.runtime.stats().sessions.total).toBe(2);
  });

  it('makes room where idle sessions are kept for ever, too', async () => {
    const world = new FakeRuntime({
      maxSessionsPerPrincipal: 1,
      idleTimeoutMs: Infinity,
      sleep: false,
    });
    const old = await world.open('ann');
    await world.quiet();
    await world.open('ann');
    expect(await lives(old)).toBe(false);
    expect(world.runtime.stats().evicted.capacity).toBe(1);
  });

  it('forgets a principal with its last session', async () => {
    const world = new FakeRuntime({ maxSessionsPerPrincipal: 1 });
    for (let i = 0; i < 3; i++) {
      const client = await world.open('ann');
      await client.delete();
      await turn();
    }
    expect(world.runtime.stats()).toMatchObject({ spawned: 3, limits: {} });
  });
});

describe('maxHandshakes', () => {
  it('refuses a handshake past the share, until one is confirmed, ends or times out', async () => {
    const world = new FakeRuntime({ maxHandshakes: 16 });
    const of = (user: string) => WireClient.of(world.runtime, { headers: { 'x-user': user } });
    const [a, b, c, d] = await Promise.all(['ann', 'ann', 'ann', 'bob'].map(of));
    await a?.initialize();
    await b?.initialize();
    expect((await c?.initialize())?.status).toBe(429);
    expect((await d?.initialize())?.status).toBe(200);
    expect(world.runtime.stats()).toMatchObject({
      handshakes: 3,
      limits: { maxHandshakesPerPrincipal: 1 },
    });
    await a?.notify('notifications/initialized');
    expect((await c?.initialize())?.status).toBe(200);
    await b?.delete();
    await turn();
    expect(world.runtime.stats().handshakes).toBe(2);
    await world.clock.elapse(60_000);
    expect(world.runtime.stats()).toMatchObject({ handshakes: 0, sessions: { total: 1 } });
  });

  it('refuses whoever comes where all handshakes are still being built', async () => {
    const world = new FakeRuntime({ maxHandshakes: 2, server: () => new Promise(() => {}) });
    const clients = await Promise.all([1, 2, 3].map(() => WireClient.of(world.runtime)));
    const [, , third] = clients.map((client) => client.initialize());
    expect((await third)?.status).toBe(503);
    expect(world.runtime.stats()).toMatchObject({ handshakes: 2, limits: { maxHandshakes: 1 } });
  });

  it('counts a handshake back that its factory or its server failed', async () => {
    const world = new FakeRuntime({
      maxHandshakes: 1,
      server: () => {
        throw new Error('no');
      },
    });
    for (let i = 0; i < 3; i++) {
      const client = await WireClient.of(world.runtime);
      expect((await client.initialize()).message.error?.data?.['code']).toBe('session-crashed');
      await turn();
    }
    expect(world.runtime.stats()).toMatchObject({ handshakes: 0, sessions: { total: 0 } });
  });
});

describe('createId', () => {
  it('that gives an id in use does not replace its session', async () => {
    const world = new FakeRuntime({ createId: () => 'one-and-only' });
    const first = await world.open('ann');
    const second = await WireClient.of(world.runtime, { headers: { 'x-user': 'bob' } });
    expect((await second.initialize()).status).toBe(500);
    expect(await lives(first)).toBe(true);
    expect(world.runtime.stats()).toMatchObject({ sessions: { total: 1 }, handshakes: 0 });
  });

  it.each(['with space', 'line\nbreak', 'ümlaut', ''])(
    'that gives %j, which is not visible ASCII, fails the request and leaves nothing',
    async (id) => {
      const world = new FakeRuntime({ createId: () => id });
      const failures = world.record('endpoint.failed');
      const client = await WireClient.of(world.runtime);
      expect((await client.initialize()).status).toBe(500);
      expect(failures).toHaveLength(1);
      expect(world.runtime.stats()).toMatchObject({ sessions: { total: 0 }, handshakes: 0 });
    },
  );
});

describe('drain', () => {
  it('refuses new sessions with 503, lets work finish, and says what it did', async () => {
    const world = new FakeRuntime();
    const [client, idle] = [await world.open(), await world.open()];
    const [server] = world.servers;
    await world.quiet();
    const call = client.call('hold', {}, 1);
    await turn();
    const drained = world.runtime.drain({ deadlineMs: 10_000 });
    expect(world.runtime.isReady).toBe(false);
    const refused = await (await WireClient.of(world.runtime)).initialize();
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect((await idle.request('tools/list')).status).toBe(404);
    await world.clock.elapse(9000);
    server?.answer(1, { done: true });
    expect(await drained).toEqual({
      sessions: 2,
      kept: 0,
      incomplete: 0,
      settled: 1,
      cut: 0,
      ms: 9000,
    });
    expect((await call).result).toEqual({ done: true });
    expect(world.runtime.stats().evicted.drained).toBe(2);
    expect(world.clock.pending).toBeLessThanOrEqual(1);
  });

  it('cuts what is left at the deadline, with one error each', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const calls = [1, 2, 3].map((id) => client.call('hold', {}, id));
    await turn();
    const drained = world.runtime.drain({ deadlineMs: 10_000 });
    world.server.answer(1);
    await world.clock.elapse(10_000);
    expect(await drained).toEqual({
      sessions: 1,
      kept: 0,
      incomplete: 0,
      settled: 1,
      cut: 2,
      ms: 10_000,
    });
    const [own, ...cut] = await Promise.all(calls);
    expect(own?.error).toBeUndefined();
    expect(cut.map(({ error }) => error?.data)).toEqual(
      cut.map(() => ({ code: 'session-ended', reason: 'drained' })),
    );
  });

  it('finishes requests that wait for a free handler as well, and counts them right', async () => {
    const world = new FakeRuntime({ concurrency: 1 });
    const client = await world.open();
    const calls = [1, 2, 3].map((id) => client.call('hold', {}, id));
    await turn();
    const drained = world.runtime.drain({ deadlineMs: 10_000 });
    for (const id of [1, 2, 3]) {
      world.server.answer(id, { id });
      await turn();
    }
    await world.clock.elapse(10_000);
    const own = (await Promise.all(calls)).filter(({ result }) => result !== undefined).length;
    const { settled, cut } = await drained;
    // Whatever a drain does with what waits, its report must say so.
    expect([settled, cut]).toEqual([own, 3 - own]);
  });

  it('counts requests and nothing else: a resource that does not go is no cut request', async () => {
    const world = new FakeRuntime({
      server: (session) => {
        session.own(() => Promise.reject(new Error('stuck')));
        return world.serve();
      },
    });
    await world.open();
    const report = await world.runtime.drain({ deadlineMs: 1000 });
    expect(report).toMatchObject({ settled: 0, cut: 0 });
    expect(world.runtime.stats().orphans).toBe(1);
  });

  it('may be asked for twice, and closed meanwhile: each call ends', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    void client.request('hold', {}, 1);
    await turn();
    const calls = [
      world.runtime.drain({ deadlineMs: 5000 }),
      world.runtime.drain({ deadlineMs: 9000 }),
      world.runtime.close(),
    ];
    await world.clock.elapse(0);
    await expect(Promise.all(calls)).resolves.toHaveLength(3);
  });

  it('ends at once where there is nothing', async () => {
    const { runtime } = new FakeRuntime();
    expect(await runtime.drain({ deadlineMs: 1000 })).toEqual({
      sessions: 0,
      kept: 0,
      incomplete: 0,
      settled: 0,
      cut: 0,
      ms: 0,
    });
  });
});

describe('close', () => {
  it('ends everything, leaves no timer, and may be called again', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await client.get();
    void client.request('hold', {}, 1);
    await turn();
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await closed;
    await world.runtime.close();
    await world.runtime[Symbol.asyncDispose]();
    expect(world.clock.pending).toBe(0);
    expect(world.runtime.stats()).toMatchObject({
      streams: 0,
      inFlight: 0,
      sessions: { total: 0 },
    });
    await eventually(() => world.server.closes === 1);
    expect((await (await WireClient.of(world.runtime)).initialize()).status).toBe(503);
    expect(world.clock.pending).toBe(0);
  });
});
