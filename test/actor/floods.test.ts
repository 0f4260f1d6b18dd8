import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createRuntime, type Runtime } from 'mcp-actors';
import { nodeHandler } from 'mcp-actors/node';
import { serveWebSocket } from 'mcp-actors/websocket';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Ask, sendOverSocket } from '../support/door.ts';
import { Fixture } from '../support/fixture.ts';
import { RawClient } from '../support/rawClient.ts';
import { drawnInTurn } from '../support/drawn.ts';
import { startRig } from '../support/rig.ts';
import { WebSocketPeer } from '../support/webSocketPeer.ts';

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** How often each status came. */
function tally(replies: readonly { readonly status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('a flood of handshakes that nobody confirms (A3)', () => {
  it('of one principal leaves all others theirs', async () => {
    const { runtime, client, connect } = await startRig('node http');
    const flood = await Promise.all(times(256, () => client({ user: 'mallory' }).initialize()));
    expect(tally(flood)).toEqual({ 200: 32, 429: 224 });
    for (const user of ['alice', 'bob', 'carol']) {
      expect((await (await connect({ user })).ask(PING)).status).toBe(200);
    }
    expect(runtime.stats()).toMatchObject({
      handshakes: 32,
      evicted: { capacity: 0 },
      limits: { maxHandshakesPerPrincipal: 224 },
    });
  });

  it('of a dozen principals leaves all others theirs', async () => {
    const { runtime, client, connect } = await startRig('node http');
    await Promise.all(times(12 * 32, (i) => client({ user: `mallory ${i % 12}` }).initialize()));
    expect(runtime.stats().handshakes).toBe(256);
    for (const user of ['alice', 'bob', 'carol']) {
      expect((await (await connect({ user })).ask(PING)).status).toBe(200);
    }
    expect(runtime.stats().evicted.capacity).toBeGreaterThan(0);
  });

  it('of anonymous callers leaves theirs to whoever can be told from them', async () => {
    const { runtime, client, connect } = await startRig('node http');
    await Promise.all(times(300, () => client().initialize()));
    expect(runtime.stats().handshakes).toBe(256);
    for (const user of ['alice', 'bob', 'carol']) {
      expect((await (await connect({ user })).ask(PING)).status).toBe(200);
    }
  });

  it('of anonymous callers is refused in part', async () => {
    const { runtime, client } = await startRig('node http', { random: drawnInTurn() });
    const replies = await Promise.all(times(600, () => client().initialize()));
    const refused = replies.filter(({ status }) => status === 503).length;
    // Of some 340 that met a full table, one in nine.
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(150);
    expect(runtime.stats().handshakes).toBe(256);
  });

  it('of anonymous callers, kept up, does not keep an honest one out', async () => {
    const { client } = await startRig('node http', { random: drawnInTurn() });
    const flood = (): Promise<unknown> => Promise.all(times(64, () => client().initialize()));
    for (let i = 0; i < 4; i++) await flood();
    const served = await Promise.all(
      times(20, async () => {
        const honest = client();
        await honest.initialize();
        // Some 3 of them come between the answer and its confirmation.
        await Promise.all(times(3, () => client().initialize()));
        return (await honest.ask(INITIALIZED)).status;
      }),
    );
    expect(served.filter((status) => status === 202).length).toBeGreaterThan(10);
  });
});

describe('a flood of sessions (A13)', () => {
  it.each(['mallory', undefined])('of %s takes no idle session of another', async (flooder) => {
    const { runtime, clock, connect } = await startRig('node http', {
      maxSessions: 100,
      sleep: false,
    });
    const bob = [];
    for (let i = 0; i < 10; i++) bob.push(await connect({ user: 'bob' }));
    await clock.elapse(2000);
    const user = flooder === undefined ? {} : { user: flooder };
    for (let i = 0; i < 3; i++) {
      await Promise.all(times(40, () => connect(user).catch(() => {})));
      await clock.elapse(2000);
    }
    const pings = await Promise.all(bob.map((each) => each.ask(PING)));
    expect(tally(pings)).toEqual({ 200: 10 });
    expect((await (await connect({ user: 'alice' })).ask(PING)).status).toBe(200);
    expect(runtime.stats().sessions.total).toBe(flooder === undefined ? 100 : 36);
  });
});

const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** A runtime on one real port, for HTTP and for WebSockets; the user travels as `x-user`. */
async function startBoth(): Promise<{
  readonly runtime: Runtime;
  readonly url: string;
  readonly client: (user?: string) => RawClient;
}> {
  const runtime = createRuntime<unknown>({
    server: new Fixture().factory,
    principal: (_, { headers }) => headers['x-user']?.toString(),
  });
  const server = createServer(nodeHandler(runtime));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  serveWebSocket(runtime, { server });
  onTestFinished(async () => {
    await runtime.close();
    server.close();
    server.closeAllConnections();
  });
  const door = {
    host: `127.0.0.1:${port}`,
    port,
    send: (ask: Ask) => sendOverSocket(port, ask),
    close: () => Promise.resolve(),
  };
  return {
    runtime,
    url: `ws://127.0.0.1:${port}/mcp`,
    client: (user) => new RawClient(door, user === undefined ? {} : { user }),
  };
}

describe('a flood of sockets that say nothing (A3)', () => {
  it('takes nothing from HTTP, and lets honest sockets in', async () => {
    const { runtime, url, client } = await startBoth();
    const silent = await Promise.all(times(256, () => WebSocketPeer.open(url)));
    expect(runtime.stats()).toMatchObject({ silentConnections: 256, handshakes: 0 });
    for (const user of ['alice', undefined]) {
      expect((await (await client(user).connect()).ask(PING)).status).toBe(200);
    }
    for (const headers of [{ 'x-user': 'alice' }, {}]) {
      const honest = await WebSocketPeer.connect(url, { headers });
      expect(await honest.ask('ping')).toMatchObject({ result: {} });
    }
    expect(runtime.stats().limits).toEqual({ maxSilentConnections: 1 });
    await runtime.close();
    const codes = (await Promise.all(silent.map(({ closed }) => closed))).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set([1001, 1013]));
  });

  it('of one principal is held to its share', async () => {
    const { runtime, url } = await startBoth();
    const mallory = { headers: { 'x-user': 'mallory' } };
    const opened = await Promise.allSettled(times(64, () => WebSocketPeer.open(url, mallory)));
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(32);
    expect(runtime.stats()).toMatchObject({
      silentConnections: 32,
      limits: { maxSilentConnectionsPerPrincipal: 32 },
    });
    const bob = await WebSocketPeer.connect(url, { headers: { 'x-user': 'bob' } });
    expect(await bob.ask('ping')).toMatchObject({ result: {} });
  });
});
