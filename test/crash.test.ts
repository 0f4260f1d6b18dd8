import { EventEmitter } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Session } from 'mcp-actors';
import { contextNow } from '../src/session/context.ts';
import { endpointOf } from '../src/http/endpointOf.ts';
import { openChannel } from '../src/adapters/channel.ts';
import { turn } from './support/eventually.ts';
import { FakeRuntime } from './support/fakeRuntime.ts';
import type { FakeServer } from './support/fakeServer.ts';
import { WireClient } from './support/wireClient.ts';

const NEIGHBOURS = 999;
const CRASHED = {
  code: -32603,
  message: 'Internal error',
  data: { code: 'session-crashed', reason: 'crashed' },
};

/** Throws in `onmessage`, as a server with a defect does. */
function crashing(message: object): void {
  if ('method' in message && message.method === 'crash') throw new Error('boom');
}

describe('a session that fails ends alone, while 999 neighbours answer', () => {
  let failing = '';
  const fails = (where: string): void => {
    if (failing === where) throw new Error(where);
  };
  const world = new FakeRuntime({
    maxSessions: 2000,
    state: () => fails('state()'),
    createId: () => {
      fails('createId()');
      return `id-${Math.random()}`;
    },
    principal: () => {
      fails('principal()');
      return undefined;
    },
    server: async (session) => {
      fails('the factory, at once');
      await turn();
      fails('the factory, later');
      const server = world.serve(crashing);
      const connect = server.connect.bind(server);
      server.connect = async (transport) => {
        fails('connect, at once');
        await connect(transport);
        fails('connect, half-way');
      };
      if (failing === 'an owned emitter') {
        session.own(Object.assign(new EventEmitter(), { close: () => {} }));
      }
      return server;
    },
  });
  const neighbours: WireClient[] = [];

  beforeAll(async () => {
    while (neighbours.length < NEIGHBOURS) {
      neighbours.push(...(await Promise.all(Array.from({ length: 27 }, () => world.open()))));
    }
  });

  /** Fails somewhere, and looks around. */
  async function fail<R>(where: string, run: () => Promise<R>): Promise<R> {
    const before = world.runtime.stats();
    failing = where;
    const result = await run();
    failing = '';
    await turn();
    const calls = neighbours.map((client) => client.call('tools/list'));
    const answers = await Promise.all(calls);
    expect(answers.filter(({ result: own }) => own !== undefined)).toHaveLength(NEIGHBOURS);
    const after = world.runtime.stats();
    expect(after.sessions).toMatchObject({ total: NEIGHBOURS, initializing: 0, closing: 0 });
    expect([after.handshakes, after.inFlight]).toEqual([0, 0]);
    expect(after.evicted.crashed - before.evicted.crashed).toBe(after.crashes - before.crashes);
    return result;
  }

  it.each([
    'state()',
    'the factory, at once',
    'the factory, later',
    'connect, at once',
    'connect, half-way',
  ])('when %s throws', async (where) => {
    const crashes = world.record('session.crashed');
    const { message } = await fail(where, async () =>
      (await WireClient.of(world.runtime)).initialize(),
    );
    expect(message.error).toEqual(CRASHED);
    expect(crashes).toMatchObject([{ error: { message: where }, restarted: false }]);
  });

  it.each(['principal()', 'createId()'])(
    'when %s throws: no session at all, a 500',
    async (where) => {
      const failures = world.record('endpoint.failed');
      const reply = await fail(where, async () =>
        (await WireClient.of(world.runtime)).initialize(),
      );
      expect([reply.status, reply.message.error?.code]).toEqual([500, -32603]);
      expect(reply.text).not.toContain(where);
      expect(failures).toMatchObject([{ error: { message: where } }]);
    },
  );

  it('when its server throws at a message: one clear error for each caller', async () => {
    const answers = await fail('', async () => {
      const client = await world.open();
      const calls = Array.from({ length: 10 }, () => client.call('hold'));
      await turn();
      return await Promise.all([...calls, client.call('crash')]);
    });
    expect(answers.map(({ error }) => error)).toEqual(answers.map(() => CRASHED));
  });

  it('when an owned emitter fails', async () => {
    const crashes = world.record('session.crashed');
    await fail('an owned emitter', async () => {
      let emitter: EventEmitter | undefined;
      const own = { on: (_: 'error', listener: (error: unknown) => void) => listener };
      const client = await world.open();
      const session = world.runtime.residents().find(({ id }) => id === client.id) as Session;
      emitter = session.own(Object.assign(new EventEmitter(), { close: () => own }));
      const call = client.call('hold');
      await turn();
      emitter.emit('error', new Error('child died'));
      expect((await call).error).toEqual(CRASHED);
    });
    expect(crashes).toMatchObject([{ error: { message: 'child died' } }]);
  });

  it('when an effect of its machine fails, on its way out', async () => {
    const line = {
      carrier: 'memory' as const,
      sent: [] as string[],
      unread: 0,
      drained: () => Promise.resolve(),
      cut: () => {},
      whenGone: () => {},
      send: (json: string) => line.sent.push(json),
      end: () => {
        throw new Error('socket');
      },
    };
    const head = { method: 'GET', headers: {}, host: 'localhost' };
    const channel = openChannel(endpointOf(world.runtime), { head, authInfo: undefined }, line);
    if (typeof channel === 'string') throw new Error(channel);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} };
    channel.receive(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
    await turn();
    await turn();
    channel.receive('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    expect(world.runtime.stats().sessions.total).toBe(NEIGHBOURS + 1);
    const { server } = world;
    await fail('', async () => {
      channel.session?.close('terminated');
      await turn();
    });
    expect([server.closes, line.sent.length]).toEqual([1, 1]);
  });
});

describe('principal()', () => {
  it.each([
    ['a promise', Promise.resolve('ann')],
    ['a promise that rejects', undefined],
    ['null', null],
    ['a number', 7],
  ])('that gives %s is a 500 and a clear error, and no session', async (_, value) => {
    const strays: unknown[] = [];
    const hear = (error: unknown): unknown => strays.push(error);
    process.on('unhandledRejection', hear);
    const principal = (): unknown =>
      value === undefined ? Promise.reject(new Error('no such user')) : value;
    const world = new FakeRuntime({ principal: principal as () => string });
    const failures = world.record('endpoint.failed');
    const reply = await (await WireClient.of(world.runtime)).initialize();
    await turn();
    await turn();
    process.off('unhandledRejection', hear);
    expect([reply.status, world.runtime.stats().sessions.total, strays]).toEqual([500, 0, []]);
    expect(failures).toMatchObject([{ error: { code: 'bad-option' } }]);
  });
});

describe("onCrash: 'restart'", () => {
  it('gives the session a new server, and what waited to that', async () => {
    const world = new FakeRuntime({ onCrash: 'restart', concurrency: 1, hook: crashing });
    const client = await world.open();
    const crashes = world.record('session.crashed');
    const running = client.call('crash');
    const waiting = client.call('tools/list');
    expect((await running).error).toEqual(CRASHED);
    expect((await waiting).result?.['server']).toBe(world.servers[1]?.number);
    expect(crashes).toMatchObject([{ restarted: true }]);
    expect(world.servers[0]?.closes).toBe(1);
    expect(world.runtime.stats()).toMatchObject({
      crashes: 1,
      restarts: 1,
      sessions: { total: 1 },
    });
  });

  it('keeps its GET stream open across the restart', async () => {
    const world = new FakeRuntime({ onCrash: 'restart', hook: crashing });
    const client = await world.open();
    const get = await client.get();
    await client.call('crash');
    await client.call('tools/list');
    world.server.notify('notifications/tools/list_changed');
    await get.until(({ messages }) => messages.length === 1);
    expect(get.end).toBeUndefined();
  });

  it('restarts three times within a minute; the fourth crash ends the session', async () => {
    const world = new FakeRuntime({ onCrash: 'restart', hook: crashing });
    const client = await world.open();
    for (let i = 0; i < 3; i++) {
      await client.call('crash');
      expect((await client.call('tools/list')).error).toBeUndefined();
    }
    expect((await client.call('crash')).error).toEqual(CRASHED);
    await turn();
    const reply = await (await client.request('tools/list')).whole();
    expect([reply.status, reply.message.error?.data?.['reason']]).toEqual([404, 'crashed']);
    expect(world.runtime.stats()).toMatchObject({ crashes: 4, restarts: 3 });
  });

  it('counts anew once withinMs has passed', async () => {
    const onCrash = { restarts: 1, withinMs: 10_000 };
    const world = new FakeRuntime({ onCrash, hook: crashing });
    const client = await world.open();
    for (let i = 0; i < 5; i++) {
      await client.call('crash');
      expect((await client.call('tools/list')).error).toBeUndefined();
      await world.clock.elapse(10_000);
    }
    expect(world.runtime.stats()).toMatchObject({ crashes: 5, restarts: 5 });
  });

  it('counts one crash for each incarnation, however many messages meet its end', async () => {
    const world = new FakeRuntime({
      onCrash: 'restart',
      server: async () => {
        await turn();
        return world.serve(crashing);
      },
    });
    const client = await world.open();
    const crashes = world.record('session.crashed');
    const calls = Array.from({ length: 3 }, () => client.call('crash'));
    expect((await Promise.all(calls)).map(({ error }) => error)).toEqual(calls.map(() => CRASHED));
    expect((await client.call('tools/list')).error).toBeUndefined();
    expect(crashes.map(({ restarted }) => restarted)).toEqual(Array(3).fill(true));
    expect(world.servers).toHaveLength(4);
  });

  it('an error that a dead server’s handler still throws is not the new one’s', async () => {
    let late!: () => void;
    const world = new FakeRuntime({
      onCrash: 'restart',
      hook: (message) => {
        crashing(message);
        if (!('method' in message) || message.method !== 'hold') return;
        // As an unawaited promise does, by way of the process.
        void new Promise<void>((resolve) => (late = resolve)).then(() =>
          contextNow()?.stray(new Error('left over'), false),
        );
      },
    });
    const client = await world.open();
    const crashes = world.record('session.crashed');
    const orphans = world.record('session.orphan');
    const calls = [client.call('hold'), client.call('crash')];
    await Promise.all(calls);
    await client.call('tools/list');
    late();
    await turn();
    expect(crashes.map(({ error }) => (error as Error).message)).toEqual(['boom']);
    expect(orphans).toMatchObject([{ what: 'handler', error: { message: 'left over' } }]);
    expect((await client.call('tools/list')).error).toBeUndefined();
    expect(world.servers).toHaveLength(2);
  });

  it('builds the successor when what its predecessor owned is gone, and for nobody else', async () => {
    const gates: (() => void)[] = [];
    let builds = 0;
    const world: FakeRuntime = new FakeRuntime({
      onCrash: 'restart',
      server: (session) => {
        builds++;
        session.own(() => new Promise<void>((resolve) => gates.push(resolve)));
        return world.serve(crashing);
      },
    });
    const [first, second] = [await world.open(), await world.open()];
    await Promise.all([first.call('crash'), second.call('crash')]);
    const waiting = first.call('tools/list');
    await turn();
    expect(builds).toBe(2);
    await second.delete();
    for (const open of gates) open();
    expect((await waiting).result?.['server']).toBe(world.servers[2]?.number);
    await turn();
    expect([builds, world.runtime.stats().sessions.total]).toEqual([3, 1]);
  });

  it('counts an incarnation that fails twice at once as one crash', async () => {
    const world: FakeRuntime = new FakeRuntime({
      onCrash: 'restart',
      server: (session) => {
        const emitter = session.own(Object.assign(new EventEmitter(), { close: () => {} }));
        return world.serve((message) => {
          if ('method' in message && message.method === 'crash') {
            emitter.emit('error', new Error('first'));
            throw new Error('second');
          }
        });
      },
    });
    const client = await world.open();
    const crashes = world.record('session.crashed');
    const orphans = world.record('session.orphan');
    expect((await client.call('crash')).error).toEqual(CRASHED);
    expect((await client.call('tools/list')).error).toBeUndefined();
    expect(crashes).toMatchObject([{ error: { message: 'first' }, restarted: true }]);
    expect(orphans).toMatchObject([{ error: { message: 'second' } }]);
  });

  it('ends a session whose first server fails: there is no handshake to replay', async () => {
    const world = new FakeRuntime({
      onCrash: 'restart',
      server: () => {
        throw new Error('no server');
      },
    });
    const crashes = world.record('session.crashed');
    const reply = await (await WireClient.of(world.runtime)).initialize();
    expect(reply.message.error).toEqual(CRASHED);
    expect(crashes).toMatchObject([{ restarted: false }]);
    expect(world.runtime.stats().evicted.crashed).toBe(1);
  });

  it('ends a session whose rebuilt server fails too, and answers what waited', async () => {
    let builds = 0;
    const world = new FakeRuntime({
      onCrash: 'restart',
      server: () => {
        if (++builds > 1) throw new Error('gone');
        return world.serve(crashing);
      },
    });
    const client = await world.open();
    const calls = [client.call('crash'), client.call('tools/list')];
    expect((await Promise.all(calls)).map(({ error }) => error)).toEqual(calls.map(() => CRASHED));
    expect(world.runtime.stats()).toMatchObject({
      evicted: { crashed: 1 },
      sessions: { total: 0 },
    });
  });

  it('ends a session whose rebuilt server refuses the handshake', async () => {
    const world = new FakeRuntime({
      onCrash: 'restart',
      hook: (message, server: FakeServer) => {
        crashing(message);
        const isSecond = server !== world.servers[0] && 'method' in message && 'id' in message;
        if (isSecond) server.fail(message.id);
        return isSecond;
      },
    });
    const client = await world.open();
    await client.call('crash');
    await turn();
    expect(world.runtime.stats().evicted.crashed).toBe(1);
  });
});
