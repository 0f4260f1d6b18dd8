import { sessionLocal } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { MINUTE, sleep } from '../support/sleep.ts';
import { WireClient } from '../support/wireClient.ts';

const inMemory = (world: FakeRuntime): number => world.runtime.residents().length;
const status = async (client: WireClient, method = 'tools/list'): Promise<number> =>
  (await (await client.request(method)).whole()).status;

describe('an idle session', () => {
  it('gives up its server, its place and its actor, and keeps its id', async () => {
    const world = new FakeRuntime({ maxSessions: 1 });
    const slept = world.record('session.slept');
    const client = await world.open();
    const { key } = world.runtime.residents()[0]!;
    await sleep(world);
    expect([world.server.closes, inMemory(world)]).toEqual([1, 0]);
    expect(slept).toEqual([{ session: key }]);
    expect(world.runtime.stats()).toMatchObject({
      slept: 1,
      sessions: { idle: 0, asleep: 1, total: 1 },
    });
    const other = await world.open();
    expect(await status(other)).toBe(200);
    await other.delete();
    await turn();
    expect(await status(client)).toBe(200);
    expect(world.runtime.stats()).toMatchObject({ woken: 1, sessions: { active: 1, asleep: 0 } });
  });

  it('wakes once, whoever comes meanwhile, and serves them in order of arrival', async () => {
    const builds: (() => void)[] = [];
    const world = new FakeRuntime({
      server: (session) => {
        const server = world.serve();
        if (session.wakeCount === 0) return server;
        return new Promise((resolve) => builds.push(() => resolve(server)));
      },
    });
    const client = await world.open();
    await sleep(world);
    const calls = ['a', 'b', 'c', 'd'].map((method) => client.call(method));
    await turn();
    expect(builds).toHaveLength(1);
    builds[0]!();
    const answers = await Promise.all(calls);
    expect(answers.map(({ result }) => result?.['method'])).toEqual(['a', 'b', 'c', 'd']);
    expect(world.servers).toHaveLength(2);
    expect(world.server.methods).toEqual([
      'initialize',
      'notifications/initialized',
      'a',
      'b',
      'c',
      'd',
    ]);
  });

  it('goes on with its state, its locals, its log level and its subscriptions', async () => {
    const seen = sessionLocal(() => new Set<string>());
    const world = new FakeRuntime({
      state: () => ({ count: 0 }),
      server: (session) =>
        world.serve((message, server) => {
          if (!('method' in message) || message.method !== 'count' || !('id' in message))
            return false;
          seen.get().add(`incarnation ${session.wakeCount}`);
          void session
            .update((state) => ({ count: (state as { count: number }).count + 1 }))
            .then((state) => server.answer(message.id, { state, seen: [...seen.get()] }));
          return true;
        }),
    });
    const client = await world.open('ann');
    await client.call('logging/setLevel', { level: 'debug' });
    await client.call('resources/subscribe', { uri: 'test://a' });
    await client.call('count');
    for (let i = 0; i < 2; i++) {
      await sleep(world);
      expect(inMemory(world)).toBe(0);
      await client.call('count');
    }
    expect((await client.call('count')).result).toEqual({
      state: { count: 4 },
      seen: ['incarnation 0', 'incarnation 1', 'incarnation 2'],
    });
    expect(world.server.methods.slice(0, 4)).toEqual([
      'initialize',
      'notifications/initialized',
      'logging/setLevel',
      'resources/subscribe',
    ]);
  });

  it('answers a ping without waking', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await sleep(world);
    expect((await client.call('ping')).result).toEqual({});
    await world.quiet();
    expect(world.runtime.stats()).toMatchObject({ woken: 0, sessions: { asleep: 1 } });
    expect(inMemory(world)).toBe(0);
  });

  it('tells its handlers: session.wakeCount, session.woken, and session.woken to those who watch', async () => {
    const wakes: unknown[] = [];
    const world = new FakeRuntime({
      onSleep: () => ({ url: 'https://example.com' }),
      onWake: (_, woken) => void wakes.push(woken),
      server: (session) => {
        wakes.push([session.wakeCount, session.woken]);
        return world.serve();
      },
    });
    const woken = world.record('session.woken');
    const client = await world.open();
    await sleep(world);
    await client.call('tools/list');
    const told = { cause: 'slept', kept: { url: 'https://example.com' }, expired: [] };
    expect(wakes).toEqual([[0, undefined], [1, undefined], told]);
    expect(world.runtime.residents()[0]?.woken).toEqual(told);
    expect(woken).toMatchObject([{ cause: 'slept', epoch: 2 }]);
  });

  it('expires after evictAfterMs, and says so to its own principal', async () => {
    const world = new FakeRuntime();
    const ended = world.record('session.ended');
    const client = await world.open('ann');
    await sleep(world);
    await world.clock.elapse(28 * MINUTE);
    expect(ended).toEqual([]);
    await world.clock.elapse(4 * MINUTE);
    expect(ended).toMatchObject([{ reason: 'expired' }]);
    const reply = await (await client.request('tools/list')).whole();
    expect([reply.status, reply.message.error?.data?.['reason']]).toEqual([404, 'expired']);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });

  it('does not live longer because somebody pings it or looks at it', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await sleep(world);
    for (let i = 0; i < 4; i++) {
      await world.clock.elapse(8 * MINUTE);
      await client.request('ping');
      await turn();
    }
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 1 },
      sessions: { total: 0 },
    });
  });

  it('is still bound to its principal, on every verb, and knows no second initialize', async () => {
    const world = new FakeRuntime();
    const ann = await world.open('ann');
    await sleep(world);
    const bob = await world.open('bob');
    const own = bob.id;
    bob.id = ann.id;
    const replies = [await bob.request('tools/list'), await bob.get(), await bob.delete()];
    expect(replies.map((reply) => reply.status)).toEqual([404, 404, 404]);
    bob.id = own;
    const again = await ann.initialize();
    expect([again.status, again.message.error?.data?.['code']]).toEqual([
      400,
      'already-initialized',
    ]);
  });

  it('can be deleted in its sleep', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await sleep(world);
    expect((await client.delete()).status).toBe(204);
    await turn();
    expect(await status(client)).toBe(404);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { terminated: 1 },
      sessions: { total: 0 },
      woken: 0,
    });
  });

  it('may be asked for a place it does not have: it stays asleep, and nothing is lost', async () => {
    const world = new FakeRuntime({ maxSessions: 1 });
    const client = await world.open();
    await sleep(world);
    const busy = await world.open();
    void busy.request('hold', {}, 1);
    await turn();
    expect(await status(client)).toBe(503);
    world.server.answer(1);
    await world.quiet();
    expect(await status(client)).toBe(200);
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, active: 1 });
  });

  it('makes room at the cap by sleeping, the one used longest ago first', async () => {
    const world = new FakeRuntime({ maxSessions: 2 });
    const [a, b] = [await world.open(), await world.open()];
    await world.quiet();
    await a.call('tools/list');
    await world.quiet();
    await world.open();
    await turn();
    const { sessions } = await world.runtime.list({ state: 'idle.asleep' });
    expect(sessions.map(({ id }) => id)).toEqual([b.id]);
    expect(world.runtime.stats().evicted.capacity).toBe(0);
  });
});

describe('an attached session', () => {
  it('sleeps with its GET stream open, which carries what the woken one says', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    await sleep(world, 60 * MINUTE);
    expect(world.server.closes).toBe(1);
    expect(world.runtime.stats()).toMatchObject({ streams: 1, sessions: { asleep: 1 } });
    await client.call('tools/list');
    world.server.notify('notifications/tools/list_changed');
    await get.until(({ messages }) => messages.length === 1);
    expect(get.messages[0]?.method).toBe('notifications/tools/list_changed');
    await sleep(world, 60 * MINUTE);
    expect([world.server.closes, get.end]).toEqual([1, undefined]);
  });

  it('hears session.notify in its sleep', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    const [session] = world.runtime.residents();
    await sleep(world);
    expect(session!.notify('notifications/message', { data: 'psst' })).toBe(true);
    await get.until(({ messages }) => messages.length === 1);
    expect(world.runtime.stats().woken).toBe(0);
  });

  it('is let go when its stream closes, and expires counted from then', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    await sleep(world, 90 * MINUTE);
    expect(inMemory(world)).toBe(1);
    get.leave();
    await get.whole();
    await turn();
    expect(inMemory(world)).toBe(0);
    await world.clock.elapse(29 * MINUTE);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    await world.clock.elapse(4 * MINUTE);
    expect(world.runtime.stats().evicted.expired).toBe(1);
  });

  it('may attach in its sleep, and resume where its stream was', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const first = await client.get();
    world.server.notify('notifications/tools/list_changed');
    await first.until(({ messages }) => messages.length === 1);
    const last = first.ids.at(-1)!;
    first.leave();
    await sleep(world, 10 * MINUTE);
    expect(inMemory(world)).toBe(0);
    const second = await client.get({ 'last-event-id': last });
    expect(second.status).toBe(200);
    expect(world.runtime.stats()).toMatchObject({ woken: 0, sessions: { asleep: 1 } });
    await client.call('tools/list');
    world.server.notify('notifications/prompts/list_changed');
    await second.until(({ messages }) => messages.length === 1);
    expect(second.ids.at(-1)).not.toBe(last);
  });

  it('is not resumed where what its client missed was too old before it fell asleep', async () => {
    const world = new FakeRuntime({ replayMs: MINUTE });
    const client = await world.open();
    const first = await client.get();
    world.server.notify('notifications/tools/list_changed');
    await first.until(({ messages }) => messages.length === 1);
    const last = first.ids.at(-1)!;
    first.leave();
    await turn();
    world.server.notify('notifications/prompts/list_changed');
    await sleep(world, 10 * MINUTE);
    expect(inMemory(world)).toBe(0);
    expect((await client.get({ 'last-event-id': last })).status).toBe(400);
  });
});

describe('known from a comparable system', () => {
  it('"already connected" after wake: every incarnation has a server of its own', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    for (let i = 0; i < 3; i++) {
      await sleep(world);
      expect(await status(client)).toBe(200);
    }
    expect(new Set(world.servers.map((server) => server.transport)).size).toBe(4);
    expect(world.servers.map(({ closes }) => closes)).toEqual([1, 1, 1, 0]);
  });

  it.each<[string, (world: FakeRuntime, client: WireClient) => Promise<unknown>]>([
    ['a request', (_, client) => client.call('tools/list')],
    ['a notification', (_, client) => client.notify('notifications/roots/list_changed')],
    ['runtime.wake', (world, client) => world.runtime.wake(client.id!)],
    [
      'a request behind a GET',
      async (_, client) => {
        await client.get();
        await client.call('tools/list');
      },
    ],
  ])('identity lost on one wake path: not by %s', async (_, wake) => {
    const identities: unknown[] = [];
    const world = new FakeRuntime({
      server: ({ id, key, principal, clientInfo, protocolVersion, startedAt, wakeCount }) => {
        if (wakeCount > 0)
          identities.push([id, key, principal, clientInfo, protocolVersion, startedAt]);
        return world.serve();
      },
    });
    const client = await world.open('ann');
    const { id, key, principal, clientInfo, protocolVersion, startedAt } =
      world.runtime.residents()[0]!;
    await sleep(world);
    await wake(world, client);
    await turn();
    expect(identities).toEqual([[id, key, principal, clientInfo, protocolVersion, startedAt]]);
    expect(principal).toBe('ann');
  });

  it('"factory ran" confused with "client initialized": who never confirmed is not said to have', async () => {
    const world = new FakeRuntime({
      onCrash: 'restart',
      hook: (message) => {
        if ('method' in message && message.method === 'ping') throw new Error('boom');
      },
    });
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    await client.call('ping');
    await turn();
    expect(world.server.methods).toEqual(['initialize']);
    expect(world.runtime.stats()).toMatchObject({ restarts: 1, handshakes: 1 });
    await client.notify('notifications/initialized');
    expect(world.server.methods).toEqual(['initialize', 'notifications/initialized']);
    expect(world.runtime.stats().handshakes).toBe(0);
  });

  it('an open stream pinning the session in memory: its server goes all the same', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await client.get();
    await sleep(world);
    expect([world.server.closes, world.runtime.stats().sessions.asleep]).toEqual([1, 1]);
  });
});

describe('a session held by user code', () => {
  it('goes on working while its session sleeps and after it woke', async () => {
    const world = new FakeRuntime({ state: () => ({ count: 1 }) });
    const client = await world.open();
    const [session] = world.runtime.residents();
    await sleep(world);
    expect(session?.state).toEqual({ count: 1 });
    await session?.update(() => ({ count: 2 }));
    await world.quiet();
    expect(inMemory(world)).toBe(0);
    await client.call('tools/list');
    expect(world.runtime.residents()[0]?.state).toEqual({ count: 2 });
    session?.close();
    await turn();
    expect(await status(client)).toBe(404);
  });
});
