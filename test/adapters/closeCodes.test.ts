import { CLOSE_CODES } from 'mcp-actors/websocket';
import { describe, expect, it } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { WebSocketPeer } from '../support/webSocketPeer.ts';
import { startWebSocketRig as startRig } from '../support/webSocketRig.ts';

describe('CLOSE_CODES', () => {
  it.each(Object.entries(CLOSE_CODES))(
    '%s is a code an endpoint may send',
    (_why, { code, reason }) => {
      const isReserved = [1004, 1005, 1006, 1015].includes(code);
      expect((code >= 1000 && code < 1015 && !isReserved) || (code >= 4000 && code < 5000)).toBe(
        true,
      );
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    },
  );

  it('terminated: a session that is closed', async () => {
    const { url, fixture } = await startRig();
    const peer = await WebSocketPeer.connect(url);
    fixture.sessions[0]!.close();
    expect(await peer.closed).toEqual(CLOSE_CODES.terminated);
  });

  it('drained: sockets with a session and without one', async () => {
    const { url, runtime } = await startRig();
    const peers = [await WebSocketPeer.connect(url), await WebSocketPeer.open(url)];
    expect(runtime.stats().silentConnections).toBe(1);
    await runtime.drain({ deadlineMs: 1000 });
    for (const peer of peers) expect(await peer.closed).toEqual(CLOSE_CODES.drained);
    expect(runtime.stats()).toMatchObject({ handshakes: 0, silentConnections: 0 });
  });

  it('handshake-timeout: nothing said', async () => {
    const { url, clock, runtime } = await startRig({ handshakeTimeoutMs: 1000 });
    const peer = await WebSocketPeer.open(url);
    clock.advance(999);
    expect(runtime.stats()).toMatchObject({ handshakes: 0, silentConnections: 1 });
    clock.advance(1);
    expect(await peer.closed).toEqual(CLOSE_CODES['handshake-timeout']);
    expect(runtime.stats().silentConnections).toBe(0);
  });

  it('capacity: nothing said, and another socket comes that needs the place', async () => {
    const { url, runtime } = await startRig({ maxSilentConnections: 1 });
    const peer = await WebSocketPeer.open(url);
    const next = await WebSocketPeer.open(url);
    expect(await peer.closed).toEqual(CLOSE_CODES.capacity);
    expect(runtime.stats()).toMatchObject({
      silentConnections: 1,
      limits: { maxSilentConnections: 1 },
    });
    expect((await next.initialize()).result).toBeDefined();
  });

  it('handshake-timeout: initialized and silent', async () => {
    const { url, clock, runtime } = await startRig({ handshakeTimeoutMs: 1000 });
    const peer = await WebSocketPeer.open(url);
    await peer.initialize();
    clock.advance(1000);
    expect(await peer.closed).toEqual(CLOSE_CODES['handshake-timeout']);
    expect(runtime.stats().evicted['handshake-timeout']).toBe(1);
  });

  it('crashed: a factory that throws answers its caller first', async () => {
    const { url, fixture } = await startRig();
    fixture.onBuild = () => {
      throw new Error('no server today');
    };
    const peer = await WebSocketPeer.open(url);
    expect((await peer.initialize()).error?.code).toBe(-32603);
    expect(await peer.closed).toEqual(CLOSE_CODES.crashed);
  });

  it('at-capacity: no place is left at initialize', async () => {
    const { url } = await startRig({ maxSessions: 1 });
    const peers = [await WebSocketPeer.open(url), await WebSocketPeer.open(url)] as const;
    await peers[0].initialize();
    const { error } = await peers[1].initialize();
    expect(error?.data?.['code']).toBe('at-capacity');
    expect(await peers[1].closed).toEqual(CLOSE_CODES['at-capacity']);
    expect(await peers[0].ask('ping')).toMatchObject({ result: {} });
  });

  it('binary-frame: a message that is not text', async () => {
    const { url, runtime } = await startRig();
    const peer = await WebSocketPeer.connect(url);
    peer.socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'));
    expect(await peer.closed).toEqual(CLOSE_CODES['binary-frame']);
    await eventually(() => runtime.stats().evicted.disconnected === 1);
  });

  it('too-slow: a peer that leaves more than maxUnreadBytes unread', async () => {
    const { url, fixture, runtime } = await startRig({ maxUnreadBytes: 1024 * 1024 });
    const peer = await WebSocketPeer.connect(url);
    peer.socket.pause();
    const data = 'x'.repeat(256 * 1024);
    const [session] = fixture.sessions;
    while (session!.notify('notifications/message', { level: 'info', data })) await turn();
    peer.socket.resume();
    expect(await peer.closed).toEqual(CLOSE_CODES['too-slow']);
    expect(runtime.stats()).toMatchObject({ limits: { maxUnreadBytes: 1 }, streams: 0 });
    await eventually(() => runtime.stats().evicted.disconnected === 1);
  });

  it('1009 for a message over maxBodyBytes, and its session ends', async () => {
    const { url, runtime } = await startRig({ maxBodyBytes: 1000 });
    const peer = await WebSocketPeer.connect(url);
    peer.say(`"${'x'.repeat(1000)}"`);
    expect(await peer.closed).toMatchObject({ code: 1009 });
    await eventually(() => runtime.stats().sessions.total === 0);
  });
});
