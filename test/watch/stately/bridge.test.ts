import { once } from 'node:events';
import { request } from 'node:http';
import { ActorsError } from 'mcp-actors';
import { createStatelyBridge, type StatelyBridge, type StatelyOptions } from 'mcp-actors/stately';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { Inspected } from '../../support/inspected.ts';

function bridged(world: FakeRuntime, options: StatelyOptions = {}): StatelyBridge {
  const bridge = createStatelyBridge(world.runtime, { clock: world.clock, ...options });
  onTestFinished(() => bridge.close());
  return bridge;
}

async function watch(url: string, options: object = {}): Promise<[WebSocket, Inspected]> {
  const socket = new WebSocket(url, options);
  onTestFinished(() => socket.terminate());
  const inspected = new Inspected();
  socket.on('message', (data) => inspected.take(JSON.parse((data as Buffer).toString()) as never));
  await once(socket, 'open');
  return [socket, inspected];
}

/** A server of somebody else's that hears what is sent to it. */
async function start(port: number): Promise<[WebSocketServer, Inspected]> {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  onTestFinished(() => server.close());
  const inspected = new Inspected();
  server.on('connection', (socket) => {
    socket.on('message', (data) =>
      inspected.take(JSON.parse((data as Buffer).toString()) as never),
    );
  });
  await once(server, 'listening');
  return [server, inspected];
}

/** The status of an upgrade, or of a GET. */
function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const ask = request({ hostname, port, path: pathname, headers, agent: false });
    ask.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    ask.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    ask.on('error', reject);
    ask.end();
  });
}

/** What the sessions do is what they would do unwatched. */
async function works(world: FakeRuntime): Promise<void> {
  const failures = world.record('observer.failed');
  const { crashes, calls } = world.runtime.stats();
  const client = await world.open();
  expect(await client.call('tools/list')).toMatchObject({ result: { method: 'tools/list' } });
  expect(await client.delete()).toMatchObject({ status: 204 });
  expect(failures).toEqual([]);
  expect(world.runtime.stats()).toMatchObject({ crashes, calls: calls + 1 });
}

describe('a viewer changes nothing for any session', () => {
  it.each([
    [
      'throws',
      (): never => {
        throw new Error('mine');
      },
    ],
    ['rejects', (): Promise<never> => Promise.reject(new Error('mine'))],
  ])('when it %s: it is let go', async (_how, send) => {
    const world = new FakeRuntime();
    const bridge = bridged(world);
    // oxlint-disable-next-line typescript/no-misused-promises
    bridge.attach(send);
    await works(world);
    await eventually(() => bridge.stats().viewers === 0);
    expect(bridge.stats().cut).toBe(1);
    await works(world);
    await world.runtime.close();
  });

  it('when it throws later', async () => {
    const world = new FakeRuntime();
    const bridge = bridged(world);
    let heard = 0;
    bridge.attach(() => {
      if (++heard === 5) throw new Error('mine');
    });
    await works(world);
    expect([heard, bridge.stats().viewers]).toEqual([5, 0]);
    await world.runtime.close();
  });

  it('when it does not read: what it would get is dropped, and it catches up', async () => {
    const world = new FakeRuntime({ maxSessions: 5000 });
    const bridge = bridged(world, { maxViewerBytes: 64 * 1024, maxActors: 5000 });
    const { receiverUrl } = await bridge.serve();
    const [socket, seen] = await watch(receiverUrl);
    await eventually(() => seen.actors.size === 1);
    socket.pause();
    // However much the sockets of this machine take.
    while (bridge.stats().dropped === 0)
      await Promise.all(Array.from({ length: 50 }, () => world.open()));
    await works(world);
    const heap = process.memoryUsage().heapUsed;
    for (let i = 0; i < 5; i++) {
      await Promise.all(Array.from({ length: 20 }, () => world.open()));
      await works(world);
    }
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(64 * 1024 * 1024);
    expect(bridge.stats()).toMatchObject({ viewers: 1, cut: 0 });
    socket.resume();
    const { sessions } = await world.runtime.list({ state: 'active', limit: 1000 });
    const last = sessions.at(-1)!.key;
    await eventually(() => seen.named(last) !== undefined);
    await world.quiet();
    await eventually(() => seen.states[last] === 'idle.warm');
    expect(seen.faults).toEqual([]);
    await world.runtime.close();
  });

  it('when it stalls for too long: it is cut', async () => {
    const world = new FakeRuntime({ maxSessions: 5000 });
    const bridge = bridged(world, { maxViewerBytes: 1024, stallMs: 30_000 });
    const { receiverUrl } = await bridge.serve();
    const [socket] = await watch(receiverUrl);
    socket.pause();
    while (bridge.stats().dropped === 0) await world.open();
    await world.clock.elapse(31_000);
    await works(world);
    await eventually(() => bridge.stats().viewers === 0);
    expect(bridge.stats().cut).toBe(1);
    await world.runtime.close();
  });

  it('when it leaves in the middle, or says what it should not', async () => {
    const world = new FakeRuntime();
    const bridge = bridged(world);
    const { receiverUrl } = await bridge.serve();
    const [one] = await watch(receiverUrl);
    const [other] = await watch(receiverUrl);
    one.terminate();
    other.on('error', () => {});
    other.send('x'.repeat(2000));
    await works(world);
    await eventually(() => bridge.stats().viewers === 0);
    expect(bridge.stats().cut).toBe(0);
    await world.runtime.close();
  });

  it('and ends with the bridge, which may outlive the runtime or not', async () => {
    const world = new FakeRuntime();
    const bridge = createStatelyBridge(world.runtime);
    const { receiverUrl } = await bridge.serve();
    const [socket] = await watch(receiverUrl);
    const closed = once(socket, 'close');
    await bridge.close();
    expect((await closed)[0]).toBe(1001);
    await bridge.close();
    await works(world);
    expect(bridge.stats()).toMatchObject({ viewers: 0, actors: 1 });
    await expect(bridge.serve()).rejects.toThrow(/the bridge is closed/);
    expect(() => bridge.connect(receiverUrl)).toThrow(/the bridge is closed/);
    expect(() => bridge.attach(() => {})).toThrow(/the bridge is closed/);
    await world.runtime.close();
  });
});

describe('connect', () => {
  it('connects again, with every definition first, after it was lost', async () => {
    const world = new FakeRuntime();
    const bridge = bridged(world);
    const [first, before] = await start(0);
    const { port } = first.address() as { port: number };
    const link = bridge.connect(`ws://127.0.0.1:${port}`);
    await world.open();
    await eventually(() => before.actors.size === 2);
    for (const socket of first.clients) socket.terminate();
    first.close();
    await eventually(() => !link.isOpen);
    await works(world);
    expect(bridge.stats().viewers).toBe(0);
    // The first attempts find nobody.
    await world.clock.elapse(5000);
    const [, after] = await start(port);
    while (!link.isOpen) await world.clock.elapse(1000);
    await world.open();
    await eventually(() => after.actors.size === 3);
    expect(after.faults).toEqual([]);
    expect(link.connections).toBe(2);
    await link.close();
    await world.clock.elapse(60_000);
    expect([link.isOpen, link.connections]).toEqual([false, 2]);
    await world.runtime.close();
  });

  it.each(['http://localhost:8080', 'localhost:8080', ''])('takes no %j', (url) => {
    const bridge = bridged(new FakeRuntime());
    expect(() => bridge.connect(url)).toThrow(ActorsError);
  });
});

describe('serve', () => {
  const UPGRADE = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };

  it('listens on loopback alone, and answers who has the token and nobody else', async () => {
    const bridge = bridged(new FakeRuntime());
    const { url, port } = await bridge.serve({ allowedOrigins: ['https://ours.example'] });
    expect(new URL(url).hostname).toBe('127.0.0.1');
    const [wrong, none] = [
      `http://127.0.0.1:${port}/${'x'.repeat(26)}`,
      `http://127.0.0.1:${port}/`,
    ];
    for (const headers of [{}, UPGRADE]) {
      expect(await statusOf(wrong, headers)).toBe(404);
      expect(await statusOf(none, headers)).toBe(404);
      expect(await statusOf(url, { ...headers, host: 'evil.example' })).toBe(404);
    }
    expect(await statusOf(url)).toBe(200);
    expect(await statusOf(url, UPGRADE)).toBe(101);
    expect(await statusOf(url, { ...UPGRADE, origin: 'https://evil.example' })).toBe(404);
    expect(await statusOf(url, { ...UPGRADE, origin: 'https://ours.example' })).toBe(101);
    expect(await statusOf(url, { ...UPGRADE, origin: `http://127.0.0.1:${port}` })).toBe(101);
  });

  it('has a page that loads nothing but its own script and the inspector', async () => {
    const bridge = bridged(new FakeRuntime());
    const { url, port } = await bridge.serve();
    const response = await fetch(url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('frame-src https://stately.ai https://*.stately.ai;');
    expect(policy).toContain(`connect-src ws://127.0.0.1:${port};`);
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    const token = new URL(url).pathname.slice(1);
    expect(await response.text()).not.toContain(token);
  });

  it('takes so many viewers and no more', async () => {
    const bridge = bridged(new FakeRuntime(), { maxViewers: 1 });
    const { receiverUrl } = await bridge.serve();
    await watch(receiverUrl);
    await eventually(() => bridge.stats().viewers === 1);
    const [late] = await watch(receiverUrl);
    expect((await once(late, 'close'))[0]).toBe(1013);
    expect(() => bridge.attach(() => {})).toThrow(/maxViewers/);
  });

  it.each([
    [{ token: 'short' }, /token must be 20 to 128/],
    [{ inspectorUrl: 'stately.ai/inspect' }, /inspectorUrl must be a URL/],
    [{ inspectorUrl: 'javascript:alert(1)' }, /inspectorUrl must be a URL/],
  ])('refuses %j', async (options, message) => {
    await expect(bridged(new FakeRuntime()).serve(options)).rejects.toThrow(message);
  });

  it.each(['maxActors', 'maxViewers', 'maxViewerBytes', 'stallMs'] as const)(
    'createStatelyBridge refuses a %s of 0',
    (name) => {
      const { runtime } = new FakeRuntime();
      expect(() => createStatelyBridge(runtime, { [name]: 0 })).toThrow(`${name} must be`);
    },
  );
});
