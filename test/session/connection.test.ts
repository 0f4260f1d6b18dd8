import { describe, expect, it } from 'vitest';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { SessionServer } from 'mcp-actors';
import { Connection, type ConnectionOwner } from '../../src/session/connection.ts';
import { Handshake } from '../../src/session/handshake.ts';
import type { ServerVoice } from '../../src/session/transport.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { WireClient } from '../support/wireClient.ts';

/** What `initialize` is answered by a session of this server, and the crash it makes. */
async function initialized(server: () => unknown) {
  const world = new FakeRuntime({ server: server as () => SessionServer });
  const crashes = world.record('session.crashed');
  const client = await WireClient.of(world.runtime);
  const { message } = await client.initialize();
  await turn();
  return { world, message, crash: crashes[0]?.error, count: crashes.length };
}

describe('Connection.connect', () => {
  it.each([undefined, null, {}, 'server', { connect: () => {} }, { close: () => {} }])(
    'crashes the session of a factory that returns %j: bad-server',
    async (server) => {
      const { message, crash, world } = await initialized(() => server);
      expect(crash).toMatchObject({ name: 'ActorsError', code: 'bad-server' });
      expect(message.error).toEqual({
        code: -32603,
        message: 'Internal error',
        data: { code: 'session-crashed', reason: 'crashed' },
      });
      expect(world.runtime.stats().sessions.total).toBe(0);
    },
  );

  it('crashes the session that is given a used server, and leaves its first owner alone', async () => {
    const shared = new FakeServer();
    const world = new FakeRuntime({ server: () => shared });
    const crashes = world.record('session.crashed');
    const first = await world.open();
    const second = await (await WireClient.of(world.runtime)).initialize();
    expect(crashes).toMatchObject([{ error: { code: 'server-reused' } }]);
    expect(second.message.error?.data?.['code']).toBe('session-crashed');
    await turn();
    expect((await first.call('tools/list')).error).toBeUndefined();
    expect(shared.closes).toBe(0);
  });

  it('closes a server whose connect failed half-way, once', async () => {
    const server = new FakeServer();
    const connect = server.connect.bind(server);
    server.connect = async (transport) => {
      await connect(transport);
      throw new Error('half');
    };
    const { crash, count, world } = await initialized(() => server);
    expect([crash, count]).toMatchObject([{ message: 'half' }, 1]);
    expect([server.closes, server.onclose]).toEqual([1, 1]);
    expect(world.runtime.stats()).toMatchObject({ evicted: { crashed: 1 }, handshakes: 0 });
  });

  it('never connects a server that comes after the end of its session, but closes it', async () => {
    let finish!: (server: FakeServer) => void;
    const world = new FakeRuntime({ server: () => new Promise((resolve) => (finish = resolve)) });
    const client = await WireClient.of(world.runtime);
    const reply = client.initialize();
    await world.clock.elapse(60_000);
    expect((await reply).message.error?.data?.['reason']).toBe('handshake-timeout');
    const late = new FakeServer();
    finish(late);
    await turn();
    expect([late.transport, late.closes]).toEqual([null, 1]);
  });
});

describe('Connection.release', () => {
  it('goes by its list: transport, signal, server, resources', async () => {
    const order: string[] = [];
    const world = new FakeRuntime({
      server: (session) => {
        session.signal.addEventListener('abort', () => order.push('signal'));
        session.own(() => order.push('resource'));
        const server = world.serve();
        server.close = async () => void order.push('server');
        return server;
      },
    });
    const client = await world.open();
    if (world.server.transport === null) throw new Error('not connected');
    world.server.transport.onclose = () => order.push('transport');
    await client.delete();
    await turn();
    expect(order).toEqual(['transport', 'signal', 'server', 'resource']);
  });

  it.each(['onclose', 'close, at once', 'close, later'])(
    'goes on to its end when %s throws, and reports it',
    async (where) => {
      let released = 0;
      const world = new FakeRuntime({
        server: (session) => {
          session.own(() => released++);
          return world.serve();
        },
      });
      const client = await world.open();
      const orphans = world.record('session.orphan');
      const { server } = world;
      let closes = 0;
      server.close = () => {
        closes++;
        if (where === 'close, at once') throw new Error('boom');
        return where === 'onclose' ? Promise.resolve() : Promise.reject(new Error('boom'));
      };
      if (where === 'onclose' && server.transport !== null) {
        server.transport.onclose = () => {
          throw new Error('boom');
        };
      }
      await client.delete();
      await turn();
      expect([closes, released]).toEqual([1, 1]);
      expect(orphans).toMatchObject([{ what: 'server', error: { message: 'boom' } }]);
      expect(world.runtime.stats().sessions.total).toBe(0);
    },
  );

  it("aborts the SDK's handlers, and what they say afterwards goes to nobody", async () => {
    let aborted = false;
    let after: Promise<void> | undefined;
    const world = new FakeRuntime({
      server: () => {
        const server = new Server({ name: 'x', version: '1' }, { capabilities: { tools: {} } });
        server.fallbackRequestHandler = (_request, extra) =>
          new Promise(() => {
            extra.signal.addEventListener('abort', () => {
              aborted = true;
              after = extra.sendNotification({
                method: 'notifications/message',
                params: { level: 'info', data: 'late' },
              });
            });
          });
        return server;
      },
    });
    const client = await world.open();
    const call = client.call('tools/call');
    await turn();
    await client.delete();
    await world.clock.elapse(5000);
    expect((await call).error?.data?.['code']).toBe('session-ended');
    expect(aborted).toBe(true);
    await Promise.allSettled([after]);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, sessions: { total: 0 } });
  });
});

describe('Connection.stateChanged', () => {
  it('has nothing stored once the connection is released: what changes then is lost with it', async () => {
    let changes = 0;
    const owner = { id: 'id', journal: { orphan() {} }, stateChanged: () => void changes++ };
    const connection = new Connection(owner as unknown as ConnectionOwner, {} as ServerVoice);
    connection.stateChanged();
    await connection.release(
      async (run) => void (await run()),
      () => () => {},
    );
    connection.stateChanged();
    expect(changes).toBe(1);
  });
});

describe('Connection.replay', () => {
  it('is over when the connection is released before the server has answered', async () => {
    const owner = {
      id: 'id',
      journal: { orphan() {} },
      mailbox: { settle() {} },
      attune: (_: object, to: object) => to,
    };
    const connection = new Connection(owner as unknown as ConnectionOwner, {} as ServerVoice);
    const heard: unknown[] = [];
    await connection.connect({
      async connect(transport) {
        transport.onmessage = (message) => void heard.push(message);
      },
      async close() {},
    });
    const replayed = connection.replay(new Handshake(), 'prefix');
    await connection.release(
      async (run) => void (await run()),
      () => () => {},
    );
    await replayed;
    expect(heard).toMatchObject([{ method: 'initialize' }]);
  });
});
