import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { createRuntime } from 'mcp-actors';
import { serveWebSocket } from 'mcp-actors/websocket';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually, turn } from '../support/eventually.ts';
import { Fixture } from '../support/fixture.ts';
import { refusedUpgrade, WebSocketPeer } from '../support/webSocketPeer.ts';
import { startWebSocketRig as startRig } from '../support/webSocketRig.ts';

const never = (): Promise<undefined> => new Promise(() => {});

describe('an upgrade is refused in plain HTTP', () => {
  it.each([
    ['a foreign Host', { host: 'evil.example' }, 'host-forbidden'],
    ['a foreign Origin', { origin: 'http://evil.example' }, 'origin-forbidden'],
    ['no Origin at all', { origin: 'null' }, 'origin-forbidden'],
  ])('row T1: %s', async (_what, headers, code) => {
    const { url, runtime } = await startRig();
    const { status, body } = await refusedUpgrade(url, headers);
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ id: null, error: { data: { code } } });
    expect(runtime.stats()).toMatchObject({ refusals: { [code]: 1 }, silentConnections: 0 });
  });

  it('authenticate that throws: 401, and the cause is announced', async () => {
    const cause = new Error('expired');
    for (const authenticate of [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
    ]) {
      const { url, runtime } = await startRig({}, { authenticate });
      const announced: unknown[] = [];
      runtime.on('endpoint.failed', ({ error }) => announced.push(error));
      const { status, headers, body } = await refusedUpgrade(url);
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(body).not.toContain('expired');
      expect(announced).toEqual([cause]);
      expect(runtime.stats().silentConnections).toBe(0);
    }
  });

  it('authenticate that does not settle in time: 401, once', async () => {
    let fail!: (error: Error) => void;
    const authenticate = (): Promise<undefined> => new Promise((_done, no) => (fail = no));
    const { url, clock, runtime } = await startRig({ handshakeTimeoutMs: 1000 }, { authenticate });
    const refused = refusedUpgrade(url);
    await eventually(() => clock.pending > 0);
    clock.advance(1000);
    expect((await refused).status).toBe(401);
    fail(new Error('too late'));
    await turn();
    expect(runtime.stats().refusals).toEqual({ unauthorized: 1 });
  });

  it('more than maxSilentConnections callers at once whose authentication lasts: 503', async () => {
    const { url, clock, runtime } = await startRig(
      { maxSilentConnections: 1 },
      { authenticate: never },
    );
    const first = refusedUpgrade(url);
    await eventually(() => clock.pending > 0);
    expect(await refusedUpgrade(url)).toMatchObject({ status: 503 });
    expect(runtime.stats().limits['maxSilentConnections']).toBe(1);
    clock.advance(60_000);
    await first;
  });

  it('authenticated by nothing a session can be bound to: 403', async () => {
    const authInfo = { token: 't', clientId: '', scopes: [] };
    const { url } = await startRig({}, { authenticate: () => authInfo });
    const { status, body } = await refusedUpgrade(url);
    expect([status, body]).toEqual([403, expect.stringContaining('principal-missing')]);
  });

  it('a principal function that throws: 500, and nobody else notices', async () => {
    const { url } = await startRig({
      principal() {
        throw new Error('broken');
      },
    });
    expect(await refusedUpgrade(url)).toMatchObject({ status: 500 });
  });

  it('past maxSilentConnectionsPerPrincipal: 429 with Retry-After, until one is free', async () => {
    const { url, runtime } = await startRig({
      maxSilentConnections: 16,
      principal: (_, { headers }) => headers['x-user']?.toString(),
    });
    const [ann, bob] = ['ann', 'bob'].map((user) => ({ 'x-user': user }));
    const first = await WebSocketPeer.open(url, { headers: ann! });
    await WebSocketPeer.open(url, { headers: ann! });
    const { status, headers } = await refusedUpgrade(url, ann);
    expect([status, headers['retry-after']]).toEqual([429, '5']);
    expect(runtime.stats().limits).toEqual({ maxSilentConnectionsPerPrincipal: 1 });
    await WebSocketPeer.open(url, { headers: bob! });
    first.socket.terminate();
    await eventually(() => runtime.stats().silentConnections === 2);
    await WebSocketPeer.open(url, { headers: ann! });
  });

  it('while draining: 503', async () => {
    const { url, runtime } = await startRig();
    await runtime.drain({ deadlineMs: 1 });
    expect(await refusedUpgrade(url)).toMatchObject({ status: 503 });
  });

  it.each([
    ['key', { 'Sec-WebSocket-Key': 'short' }],
    ['version', { 'Sec-WebSocket-Version': '7' }],
    ['Upgrade header', { Upgrade: 'h2c' }],
  ])('a bad %s: 400, and its place is free again', async (_what, headers) => {
    const { url, runtime } = await startRig();
    expect(await refusedUpgrade(url, headers)).toMatchObject({ status: 400 });
    expect(runtime.stats().silentConnections).toBe(0);
  });

  it('a caller that leaves while it is being authenticated is nobody', async () => {
    let settle: (() => void) | undefined;
    const authenticate = (): Promise<undefined> =>
      new Promise((resolve) => (settle = () => resolve(undefined)));
    const { url, runtime } = await startRig({}, { authenticate });
    const { port } = new URL(url);
    const socket = connectSocket(Number(port), '127.0.0.1');
    socket.write(
      `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await eventually(() => settle !== undefined);
    socket.resetAndDestroy();
    await once(socket, 'close');
    // The reset has arrived once a later connection has.
    const later = refusedUpgrade(url, { host: 'evil.example' });
    await later;
    settle!();
    await turn();
    expect(runtime.stats()).toMatchObject({ silentConnections: 0, spawned: 0 });
  });
});

describe('serveWebSocket beside others', () => {
  it('refuses a path that is nobody’s with 404', async () => {
    const { url } = await startRig();
    expect(await refusedUpgrade(url.replace('/mcp', '/other'))).toMatchObject({ status: 404 });
  });

  it('leaves the paths of other upgrade listeners to them', async () => {
    const { url, server } = await startRig();
    const others = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (request.url !== '/other') return;
      others.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('theirs'));
    });
    const other = new WebSocket(url.replace('/mcp', '/other'));
    const [said] = (await once(other, 'message')) as [Buffer];
    expect(said.toString()).toBe('theirs');
    other.terminate();
    expect(await (await WebSocketPeer.connect(url)).ask('ping')).toMatchObject({ result: {} });
  });

  it('shares a server with other runtimes, one path each', async () => {
    const { url, server } = await startRig();
    const second = createRuntime<unknown>({ server: new Fixture().factory });
    onTestFinished(() => second.close());
    const door = serveWebSocket(second, { server, path: '/second' });
    await WebSocketPeer.connect(url.replace('/mcp', '/second?with=query'));
    await WebSocketPeer.connect(url);
    expect(second.stats().sessions.total).toBe(1);
    expect(await refusedUpgrade(url.replace('/mcp', '/third'))).toMatchObject({ status: 404 });
    await door.close();
    expect(await refusedUpgrade(url.replace('/mcp', '/second'))).toMatchObject({ status: 404 });
  });

  it('takes no path twice, and gives it back when it closes', async () => {
    const { runtime, server, door } = await startRig();
    expect(() => serveWebSocket(runtime, { server })).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
    await door.close();
    expect(server.listenerCount('upgrade')).toBe(0);
    serveWebSocket(runtime, { server });
  });

  it.each([0, -1, NaN])('takes no pingMs of %d', async (pingMs) => {
    const { runtime, server } = await startRig();
    expect(() => serveWebSocket(runtime, { server, path: '/other', pingMs })).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
    expect(server.listenerCount('upgrade')).toBe(1);
  });
});
