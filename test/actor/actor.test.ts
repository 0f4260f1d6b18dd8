import { describe, expect, it } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { WireClient } from '../support/wireClient.ts';

/** The reasons for which sessions ended so far. */
function reasons({ runtime }: FakeRuntime): string[] {
  return Object.entries(runtime.stats().evicted).flatMap(([reason, count]) =>
    Array<string>(count).fill(reason),
  );
}

/** Runs something every minute for ten, on an idle detached session. */
async function everyMinute(act: (world: FakeRuntime, client: WireClient) => unknown) {
  const world = new FakeRuntime({ sleep: false });
  const client = await world.open();
  await world.quiet();
  for (let minute = 0; minute < 10; minute++) {
    await world.clock.elapse(60_000);
    await act(world, client);
  }
  return reasons(world);
}

describe('handshakeTimeoutMs', () => {
  it('ends a session whose factory never returns, and answers its initialize with one error', async () => {
    const world = new FakeRuntime({ server: () => new Promise(() => {}) });
    const client = await WireClient.of(world.runtime);
    const reply = client.initialize();
    await world.clock.elapse(59_999);
    expect(world.runtime.stats().sessions.initializing).toBe(1);
    await world.clock.elapse(1);
    expect((await reply).message.error?.data).toEqual({
      code: 'session-ended',
      reason: 'handshake-timeout',
    });
    expect(reasons(world)).toEqual(['handshake-timeout']);
  });

  it('ends a session whose server never answers initialize', async () => {
    const world = new FakeRuntime({ hook: ({ ...message }) => 'method' in message });
    const client = await WireClient.of(world.runtime);
    const reply = client.initialize();
    await world.clock.elapse(60_000);
    expect((await reply).message.error?.data?.['reason']).toBe('handshake-timeout');
    expect([reasons(world), world.server.closes]).toEqual([['handshake-timeout'], 1]);
  });

  it('ends a session whose client never speaks again, counted from its initialize', async () => {
    const world = new FakeRuntime();
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    await world.clock.elapse(59_999);
    expect(world.runtime.stats()).toMatchObject({ handshakes: 1, sessions: { total: 1 } });
    await world.clock.elapse(1);
    expect(world.runtime.stats()).toMatchObject({ handshakes: 0, sessions: { total: 0 } });
    expect(reasons(world)).toEqual(['handshake-timeout']);
  });

  it.each([true, false])(
    'is what a client has to speak again, however short idleTimeoutMs is (sleep: %s)',
    async (sleep) => {
      const world = new FakeRuntime({ sleep, idleTimeoutMs: 100 });
      const [slow, silent] = [
        await WireClient.of(world.runtime),
        await WireClient.of(world.runtime),
      ];
      await slow.initialize();
      await silent.initialize();
      await world.clock.elapse(59_000);
      expect((await slow.notify('notifications/initialized')).status).toBe(202);
      expect(await slow.call('tools/list')).not.toHaveProperty('error');
      await world.clock.elapse(1000);
      expect(reasons(world)).toEqual(['handshake-timeout']);
    },
  );

  it.each(['notifications/initialized', 'tools/list'])(
    'is over with the first %s after the answer',
    async (method) => {
      const world = new FakeRuntime();
      const client = await WireClient.of(world.runtime);
      await client.initialize();
      if (method === 'tools/list') await client.call(method);
      else await client.notify(method);
      await world.clock.elapse(60_000);
      expect(world.runtime.stats()).toMatchObject({ handshakes: 0, sessions: { idle: 1 } });
    },
  );

  it('ends a session whose rebuilt server never answers the replay', async () => {
    const world = new FakeRuntime({
      onCrash: 'restart',
      hook: (message, server) => {
        if ('method' in message && message.method === 'crash') throw new Error('boom');
        return server !== world.servers[0];
      },
    });
    const client = await world.open();
    await client.call('crash');
    const waiting = client.call('tools/list');
    await world.clock.elapse(60_000);
    expect((await waiting).error?.data?.['reason']).toBe('handshake-timeout');
    expect(reasons(world)).toEqual(['handshake-timeout']);
  });
});

describe('quietMs', () => {
  it('makes an active session idle once zero references have lasted', async () => {
    const world = new FakeRuntime();
    const moves = world.record('session.transition');
    await world.open();
    await world.clock.elapse(999);
    expect(world.runtime.stats().sessions).toMatchObject({ active: 1, idle: 0 });
    await world.clock.elapse(1001);
    expect(world.runtime.stats().sessions).toMatchObject({ active: 0, idle: 1 });
    expect(moves.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'new initializing.building',
      'initializing.building initializing.handshaking',
      'initializing.handshaking active',
      'active active',
      'active idle.warm',
    ]);
  });

  it('does not flap: a session that is used every half second stays active', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const moves = world.record('session.transition');
    for (let i = 0; i < 20; i++) {
      await world.clock.elapse(500);
      await client.call('tools/list');
    }
    expect(moves).toEqual([]);
  });

  it('is not put off by pings: they ask for the session, and do not use it', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    for (let i = 0; i < 10; i++) {
      await world.clock.elapse(500);
      await client.call('ping');
    }
    expect(world.runtime.stats().sessions.idle).toBe(1);
  });
});

describe('a step', () => {
  it('runs all of its effects before what they told: a session closed by its stash rests nowhere', async () => {
    let go!: () => void;
    const world = new FakeRuntime({
      createId: () => 'known',
      server: async () => {
        await new Promise<void>((resolve) => (go = resolve));
        return world.serve((message, { transport }) => {
          if ('method' in message && message.method === 'bye') void transport?.close();
        });
      },
    });
    const client = await WireClient.of(world.runtime);
    const opened = client.initialize();
    await turn();
    client.id = 'known';
    const bye = client.call('bye');
    await turn();
    const moves = world.record('session.transition');
    go();
    await opened;
    await world.clock.elapse(5000);
    expect((await bye).error?.data?.['code']).toBe('session-ended');
    const states = moves.map(({ to }) => to).filter((to, i, all) => to !== all[i - 1]);
    expect(states).toEqual([
      'initializing.handshaking',
      'active',
      'closing.settling',
      'closing.releasing',
      'evicted',
    ]);
    const { quiet, idle, closing } = endpointOf(world.runtime).directory.supervisor.lifetimes;
    expect([quiet.size, idle.size, closing.size]).toEqual([0, 0, 0]);
  });
});

describe('idleTimeoutMs', () => {
  it('ends a detached idle session, counted from the moment it became idle', async () => {
    const world = new FakeRuntime({ sleep: false });
    const client = await world.open();
    await world.quiet();
    await world.clock.elapse(5 * 60_000 - 1001);
    expect(world.runtime.stats().sessions.idle).toBe(1);
    await world.clock.elapse(1001);
    expect([reasons(world), world.server.closes]).toEqual([['expired'], 1]);
    const reply = await (await client.request('tools/list')).whole();
    expect([reply.status, reply.message.error?.data]).toEqual([
      404,
      { code: 'session-not-found', reason: 'expired' },
    ]);
  });

  it('keeps a session for ever where it is Infinity', async () => {
    const world = new FakeRuntime({ idleTimeoutMs: Infinity });
    await world.open();
    await world.clock.elapse(365 * 86_400_000);
    expect(world.runtime.stats().sessions.idle).toBe(1);
  });

  it('does not count for an attached session, and counts anew once its stream is gone', async () => {
    const world = new FakeRuntime({ sleep: false });
    const client = await world.open();
    const get = await client.get();
    await world.clock.elapse(3_600_000);
    expect(world.runtime.stats()).toMatchObject({ streams: 1, sessions: { idle: 1 } });
    get.leave();
    await world.clock.elapse(5 * 60_000 - 1);
    expect(world.runtime.stats().sessions.idle).toBe(1);
    await world.clock.elapse(1);
    expect(reasons(world)).toEqual(['expired']);
  });
});

describe('work pins a session', () => {
  it('a request in flight does, for as long as it takes', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.call('hold', {}, 1);
    await world.clock.elapse(3_600_000);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 1, sessions: { active: 1 } });
    world.server.answer(1, { done: true });
    expect((await call).result).toEqual({ done: true });
    await world.clock.elapse(2000);
    expect(world.runtime.stats().sessions.idle).toBe(1);
  });

  it('a request whose client went away does, because that is no cancel', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const leaving = new AbortController();
    void client.post({ jsonrpc: '2.0', id: 1, method: 'hold' }, {}, leaving.signal).catch(() => {});
    await turn();
    leaving.abort();
    await world.clock.elapse(3_600_000);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 1, sessions: { active: 1 } });
  });

  it('a question to the client does, from its asking to its answer', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    world.server.ask(0, 'elicitation/create');
    await world.clock.elapse(60_000);
    expect(world.runtime.stats().sessions.active).toBe(1);
    await get.until(({ messages }) => messages.length === 1);
    await client.respond(0);
    await world.clock.elapse(2000);
    expect(world.runtime.stats().sessions.idle).toBe(1);
  });

  it('a question asked by an idle session does, even when its stream breaks meanwhile', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    await world.quiet();
    world.server.ask(0, 'elicitation/create');
    await get.until(({ messages }) => messages.length === 1);
    get.leave();
    await world.clock.elapse(10 * 60_000);
    expect(reasons(world)).toEqual([]);
    await client.respond(0, { action: 'accept' });
    expect(world.server.received.at(-1)).toMatchObject({ id: 0, result: { action: 'accept' } });
  });
});

describe('activity', () => {
  it.each<[string, (client: WireClient) => Promise<unknown>]>([
    ['requests', (client) => client.call('tools/list')],
    ['notifications', (client) => client.notify('notifications/roots/list_changed')],
  ])('%s of the client are', async (_, act) => {
    expect(await everyMinute((_world, client) => act(client))).toEqual([]);
  });

  it('pings of the client are not', async () => {
    expect(await everyMinute((_, client) => client.request('ping'))).toEqual(['expired']);
  });

  it('notifications of the server are not', async () => {
    const ended = await everyMinute(({ server }) =>
      server.notify('notifications/tools/list_changed'),
    );
    expect(ended).toEqual(['expired']);
  });

  it('requests that are refused for another principal are not', async () => {
    const world = new FakeRuntime({ sleep: false });
    const client = await world.open('ann');
    await world.quiet();
    const thief = await WireClient.of(world.runtime, { headers: { 'x-user': 'bob' } });
    thief.id = client.id;
    for (let minute = 0; minute < 10; minute++) {
      await world.clock.elapse(60_000);
      expect((await thief.request('tools/list')).status).toBe(404);
    }
    expect(reasons(world)).toEqual(['expired']);
  });
});

describe('closeTimeoutMs', () => {
  it('lets work in flight finish after DELETE, and refuses everything else at once', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.call('hold', {}, 1);
    await turn();
    expect((await client.delete()).status).toBe(204);
    expect(world.runtime.stats().sessions.closing).toBe(1);
    expect((await client.request('tools/list')).status).toBe(404);
    await world.clock.elapse(4999);
    world.server.answer(1, { done: true });
    expect((await call).result).toEqual({ done: true });
    await eventually(() => world.runtime.stats().sessions.total === 0);
    expect([world.server.closes, world.runtime.stats().orphans]).toEqual([1, 0]);
  });

  it('cuts what is left with one error each, counted as orphans', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const calls = [1, 2].map((id) => client.call('hold', {}, id));
    await turn();
    await client.delete();
    await world.clock.elapse(5000);
    expect((await Promise.all(calls)).map(({ error }) => error?.data)).toEqual(
      [1, 2].map(() => ({ code: 'session-ended', reason: 'terminated' })),
    );
    expect(world.runtime.stats()).toMatchObject({ orphans: 2, sessions: { total: 0 } });
  });

  it('bounds a server whose close never ends', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const orphans = world.record('session.orphan');
    world.server.close = () => new Promise(() => {});
    await client.delete();
    await world.clock.elapse(5000);
    expect(orphans.map(({ what }) => what)).toEqual(['server']);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });
});

describe('session.started', () => {
  it('is announced once, when the server is connected', async () => {
    const world = new FakeRuntime();
    const started = world.record('session.started');
    await world.open('ann');
    const [session] = world.runtime.residents();
    expect(started).toEqual([{ session: session?.key, principal: session?.principalKey }]);
  });

  it('is not announced for a session that ended while its factory ran', async () => {
    let go!: () => void;
    const world = new FakeRuntime({
      server: async (session) => {
        await new Promise<void>((resolve) => (go = resolve));
        session.close();
        return world.serve();
      },
    });
    const started = world.record('session.started');
    const ended = world.record('session.ended');
    const client = await WireClient.of(world.runtime);
    const reply = client.initialize();
    await turn();
    go();
    expect((await reply).message.error?.data?.['code']).toBe('session-ended');
    await turn();
    expect([ended.length, started, world.server.closes]).toEqual([1, [], 1]);
  });
});
