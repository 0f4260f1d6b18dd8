import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { createRuntime, type Session } from 'mcp-actors';
import { nodeHandler, serve } from 'mcp-actors/node';
import { DeadlineQueue } from '../src/base/deadlines.ts';
import { endpointOf } from '../src/http/endpointOf.ts';
import { sendOverSocket } from './support/door.ts';
import { eventually, turn } from './support/eventually.ts';
import { FakeServer } from './support/fakeServer.ts';
import { collect, Sample } from './support/garbage.ts';
import { INITIALIZE, send } from './support/send.ts';
import { VirtualClock } from './support/virtualClock.ts';
import { WireClient } from './support/wireClient.ts';

const SESSIONS = 10_000;
const BATCH = 500;

/** A server that crashes, asks, holds on and owns, as its session's number says. */
class Zoo {
  readonly clock = new VirtualClock();
  readonly sample = new Sample();
  /** How often the resource of each session was released. */
  readonly released: number[] = [];
  readonly ends: Record<string, number> = {};
  #count = 0;
  readonly runtime = createRuntime({
    clock: this.clock,
    maxSessions: 1200,
    maxHandshakes: 1000,
    state: () => ({ big: Array.from({ length: 20 }, (_, i) => i) }),
    server: (session) => this.#build(session),
  });

  constructor() {
    this.runtime.on('session.ended', ({ reason }) => {
      this.ends[reason] = (this.ends[reason] ?? 0) + 1;
    });
  }

  #build(session: Session<{ big: number[] }>): FakeServer {
    const number = this.#count++;
    const isSampled = number % 25 === 0;
    this.released[number] = 0;
    const resource = { close: () => void this.released[number]!++ };
    session.own(resource);
    session.own(async () => {
      await turn();
    });
    if (number % 10 === 9) throw new Error('no server today');
    const server = new FakeServer((message, self) => {
      if (!('method' in message)) return;
      if (message.method === 'crash') throw new Error('boom');
      if (message.method === 'ask') this.#askInVain(self);
    });
    if (isSampled) {
      this.sample.add(`session ${number}`, session);
      this.sample.add(`state ${number}`, session.state);
      this.sample.add(`server ${number}`, server);
      this.sample.add(`signal ${number}`, session.signal);
      this.sample.add(`resource ${number}`, resource);
    }
    return server;
  }

  /** A question that nobody will answer, given up after a minute as servers of the SDK do. */
  #askInVain(server: FakeServer): void {
    server.ask('question', 'elicitation/create');
    const giveUp = (): void => server.notify('notifications/cancelled', { requestId: 'question' });
    this.clock.setTimeout(giveUp, 60_000);
  }

  /** Opens a session, uses it, and leaves it or ends it in some way. */
  async visit(number: number): Promise<void> {
    const { runtime } = this;
    const opened = await send(runtime, INITIALIZE);
    const id = opened.session ?? undefined;
    if (opened.error !== undefined || id === undefined) return;
    if (number % 20 === 7) return;
    await send(runtime, { method: 'notifications/initialized' }, id);
    await send(runtime, { id: 1, method: 'tools/list' }, id);
    const isAttached = number % 4 === 0;
    if (isAttached) this.#listen(id, number);
    if (number % 5 === 1) void send(runtime, { id: 2, method: 'hold' }, id).catch(() => {});
    if (number % 6 === 2) await this.#ask(id);
    if (number % 3 === 0) await this.#end(id);
    else if (number % 7 === 3) await send(runtime, { id: 3, method: 'crash' }, id);
  }

  queues(): [name: string, size: number][] {
    const { services } = endpointOf(this.runtime);
    return Object.entries(services).flatMap(([name, value]) =>
      value instanceof DeadlineQueue && value.size > 0 ? [[name, value.size]] : [],
    );
  }

  #listen(id: string, number: number): void {
    const leaving = new AbortController();
    const headers = { accept: 'text/event-stream', 'mcp-session-id': id };
    const { signal } = leaving;
    const request = new Request('http://localhost/mcp', { headers, signal });
    const read = async (): Promise<void> => {
      const response = await this.runtime.fetch(request);
      if (number % 25 === 0) this.sample.add(`stream ${number}`, response);
      if (number % 8 === 0) leaving.abort();
      else await response.text();
    };
    void read().catch(() => {});
  }

  async #ask(id: string): Promise<void> {
    const session = this.runtime.residents().find((each) => each.id === id);
    session?.notify('notifications/message', { data: 'x'.repeat(100) });
    await send(this.runtime, { id: 4, method: 'ask' }, id);
  }

  async #end(id: string): Promise<void> {
    const headers = { 'mcp-session-id': id };
    await this.runtime.fetch(new Request('http://localhost/mcp', { method: 'DELETE', headers }));
  }
}

describe('ten thousand sessions, ended in every way', () => {
  const zoo = new Zoo();

  it('leave no actor, timer, stream or server behind', async () => {
    const { runtime, clock } = zoo;
    await collect();
    for (let number = 0; number < SESSIONS;) {
      const batch: Promise<void>[] = [];
      for (let i = 0; i < BATCH; i++) batch.push(zoo.visit(number++));
      await Promise.all(batch);
      // Some become idle and make room for the next; now and then all that may expire does.
      await clock.elapse(number % (BATCH * 4) === 0 ? 40 * 60_000 : 3000);
    }
    // Those asleep at the end are not announced one by one.
    await clock.elapse(40 * 60_000);
    await zoo.visit(20);
    const drained = runtime.drain({ deadlineMs: 10_000 });
    await clock.elapse(10_000);
    await drained;

    const { sessions, streams, inFlight, handshakes, spawned, crashes } = runtime.stats();
    expect([sessions.total, streams, inFlight, handshakes]).toEqual([0, 0, 0, 0]);
    expect(crashes).toBeGreaterThan(1000);
    expect(spawned).toBeGreaterThan(SESSIONS / 2);
    expect(runtime.residents()).toEqual([]);
    expect(Object.values(zoo.ends).reduce((sum, count) => sum + count, 0)).toBe(spawned);
    expect(Object.keys(zoo.ends).toSorted()).toEqual([
      'capacity',
      'crashed',
      'drained',
      'expired',
      'handshake-timeout',
      'terminated',
    ]);
    expect(zoo.queues()).toEqual([]);
    await clock.elapse(3_600_000);
    expect(clock.pending).toBe(0);
  });

  it('have released each owned resource exactly once', () => {
    expect(zoo.released.length).toBeGreaterThan(SESSIONS / 2);
    expect(zoo.released.filter((count) => count !== 1)).toEqual([]);
  });

  it('are garbage: servers, sessions, states, signals, streams and resources', async () => {
    expect(zoo.sample.size).toBeGreaterThan(1000);
    expect(await zoo.sample.alive()).toEqual([]);
  });
});

describe('a session that has ended', () => {
  it.each(['DELETE', 'a crash', 'a handshake timeout'])(
    'is in no deadline queue, after %s',
    async (how) => {
      const zoo = new Zoo();
      const { session } = await send(zoo.runtime, INITIALIZE);
      const id = session ?? '';
      if (how !== 'a handshake timeout') {
        await send(zoo.runtime, { method: 'notifications/initialized' }, id);
      }
      const headers = { 'mcp-session-id': id };
      if (how === 'DELETE') {
        await zoo.runtime.fetch(new Request('http://localhost/mcp', { method: 'DELETE', headers }));
      } else if (how === 'a crash') await send(zoo.runtime, { id: 1, method: 'crash' }, id);
      else await zoo.clock.elapse(60_000);
      await turn();
      await turn();
      await turn();
      expect(zoo.runtime.stats().sessions.total).toBe(0);
      expect(zoo.queues()).toEqual([]);
    },
  );
});

describe('a client that left before its GET was served', () => {
  it('is no stream, and keeps no session attached', async () => {
    const runtime = createRuntime({ server: () => new FakeServer() });
    const { session } = await send(runtime, INITIALIZE);
    await send(runtime, { method: 'notifications/initialized' }, session ?? '');
    const serveNow = nodeHandler(runtime);
    // As a host does that looks the caller up first.
    const [left, served] = [deferred(), deferred()];
    const http = createServer((request, response) => {
      response.once('close', () => {
        left.resolve();
        setImmediate(() => {
          serveNow(request, response);
          served.resolve();
        });
      });
      client.destroy();
    });
    await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
    const client = connect((http.address() as AddressInfo).port, '127.0.0.1');
    client.write(
      `GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMcp-Session-Id: ${session}\r\n\r\n`,
    );
    await left.promise;
    await served.promise;
    await turn();
    expect(runtime.stats()).toMatchObject({ streams: 0, sessions: { total: 1 } });
    await Promise.all([runtime.close(), new Promise((resolve) => void http.close(resolve))]);
    expect(runtime.stats().streams).toBe(0);
  });
});

describe('three hundred sessions over real sockets', () => {
  const baseline = process.getActiveResourcesInfo().toSorted();
  const sample = new Sample();

  it('leave no socket, timer, server or session behind', async () => {
    const runtime = createRuntime({
      maxHandshakes: 400,
      closeTimeoutMs: 50,
      server: (session) => {
        const server = new Server({ name: 'x', version: '1' }, { capabilities: { tools: {} } });
        server.fallbackRequestHandler = (request) =>
          request.method === 'hold' ? new Promise(() => {}) : Promise.resolve({});
        sample.add(`server ${session.key}`, server);
        sample.add(`session ${session.key}`, session);
        return server;
      },
    });
    const http = await serve(runtime, { port: 0 });
    const door = {
      host: `127.0.0.1:${http.port}`,
      port: http.port,
      send: (ask: Parameters<typeof sendOverSocket>[1]) => sendOverSocket(http.port, ask),
      close: async () => {},
    };
    const connections = (): Promise<number> =>
      new Promise((resolve, reject) => {
        http.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      });
    const visit = async (number: number): Promise<void> => {
      const client = new WireClient(door);
      await client.shake();
      await client.call('tools/list');
      const get = number % 3 === 0 ? await client.get() : undefined;
      const leaving = new AbortController();
      const ask = { jsonrpc: '2.0', id: 'h', method: 'hold' };
      const held = number % 5 === 0 ? client.post(ask, {}, leaving.signal) : undefined;
      held?.catch(() => {});
      await turn();
      if (number % 2 === 0) await client.delete();
      if (number % 10 === 5) leaving.abort();
      if (number % 6 === 3) get?.leave();
    };
    for (let batch = 0; batch < 300; batch += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => visit(batch + i)));
    }
    expect(runtime.stats().spawned).toBe(300);
    const report = await http.close({ deadlineMs: 100 });
    expect(report.sessions).toBeGreaterThan(0);
    expect(await connections()).toBe(0);
    const { sessions, streams, inFlight } = runtime.stats();
    expect([sessions.total, streams, inFlight]).toEqual([0, 0, 0]);
    await eventually(() => process.getActiveResourcesInfo().toSorted().join() === baseline.join());
  });

  it('are garbage', async () => {
    expect(sample.size).toBe(600);
    // The date of node's http is kept for a second, by a timer set in whichever session asked for it.
    const until = Date.now() + 5000;
    let alive = await sample.alive();
    while (alive.length > 0 && Date.now() < until) alive = await sample.alive();
    expect(alive).toEqual([]);
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
