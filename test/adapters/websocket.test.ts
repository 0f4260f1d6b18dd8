import { once } from 'node:events';
import { CLOSE_CODES } from 'mcp-actors/websocket';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import { WebSocketPeer } from '../support/webSocketPeer.ts';
import { startWebSocketRig as startRig } from '../support/webSocketRig.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'again',
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'peer', version: '1' },
  },
};

describe('a WebSocket under a session', () => {
  it('speaks the subprotocol mcp where it is offered', async () => {
    const { url } = await startRig();
    expect((await WebSocketPeer.open(url)).socket.protocol).toBe('mcp');
    const none = new WebSocket(url);
    await once(none, 'open');
    expect(none.protocol).toBe('');
    none.terminate();
  });

  it('is bound to who authenticate says', async () => {
    const authInfo = { token: 't', clientId: 'alice', scopes: [] };
    const { url, fixture } = await startRig({}, { authenticate: async () => authInfo });
    await WebSocketPeer.connect(url);
    expect(fixture.sessions[0]!.principal).toBe(JSON.stringify([null, null, 'alice']));
  });

  it('is cut when it has not answered one ping by the next', async () => {
    const { url, clock, runtime } = await startRig({}, { pingMs: 1000 });
    const [alive, dead] = [
      await WebSocketPeer.connect(url),
      await WebSocketPeer.connect(url, { autoPong: false }),
    ];
    clock.advance(1000);
    await Promise.all([once(alive.socket, 'ping'), once(dead.socket, 'ping')]);
    // Pongs arrive in order with what is said after them.
    await alive.ask('ping');
    clock.advance(1000);
    expect((await dead.closed).code).toBe(1006);
    await eventually(() => runtime.stats().sessions.total === 1);
    expect(runtime.stats().limits['pingMs']).toBe(1);
    expect(await alive.ask('ping')).toMatchObject({ result: {} });
  });

  it('is not read from while it does not read, and gets every answer when it does', async () => {
    const { url, runtime } = await startRig({ maxStreamBytes: 64 * 1024 });
    const peer = await WebSocketPeer.connect(url);
    peer.socket.pause();
    const text = 'x'.repeat(100 * 1024);
    const calls = Array.from({ length: 200 }, () =>
      peer.ask('tools/call', { name: 'echo', arguments: { text } }),
    );
    // 20 MB of answers: without a pause they would be more than maxUnreadBytes.
    let before = -1;
    await eventually(() => {
      const { calls: taken } = runtime.stats();
      const isStill = taken > 0 && taken === before && peer.socket.bufferedAmount > 0;
      before = taken;
      return isStill;
    });
    expect(runtime.stats().calls).toBeLessThan(200);
    peer.socket.resume();
    for (const answer of await Promise.all(calls)) expect(answer.error).toBeUndefined();
  });

  it('ends its session and frees everything when it goes', async () => {
    const { url, runtime } = await startRig();
    const peer = await WebSocketPeer.connect(url);
    expect(runtime.stats()).toMatchObject({ sessions: { total: 1 }, streams: 1 });
    peer.socket.terminate();
    await eventually(() => runtime.stats().sessions.total === 0);
    expect(runtime.stats()).toMatchObject({
      streams: 0,
      handshakes: 0,
      evicted: { disconnected: 1 },
    });
  });

  it('stays open when its peer says something it should not', async () => {
    const { url } = await startRig();
    const peer = await WebSocketPeer.open(url);
    peer.say({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect((await peer.heard(({ id }) => id === 1)).error?.data?.['code']).toBe('not-initialized');
    await peer.initialize();
    peer.say(INITIALIZE);
    const { error } = await peer.heard(({ id }) => id === 'again');
    expect(error?.data?.['code']).toBe('already-initialized');
    expect(await peer.ask('ping')).toMatchObject({ result: {} });
  });
});

describe('WebSocketDoor.close', () => {
  it('waits for work in flight, takes no more sockets, and closes with 1001', async () => {
    const { url, door, fixture } = await startRig();
    const peer = await WebSocketPeer.connect(url);
    const answer = peer.ask('tools/call', { name: 'slow', arguments: { gate: 'one' } });
    await fixture.gates.reached('one');
    const closed = door.close();
    expect(door.close()).toBe(closed);
    fixture.gates.open('one');
    expect(await answer).toMatchObject({ result: { content: [{ text: 'passed one' }] } });
    expect(await peer.closed).toEqual(CLOSE_CODES.drained);
    await closed;
  });

  it('cuts at its deadline what is not done', async () => {
    const { url, door, fixture, clock } = await startRig();
    const peer = await WebSocketPeer.connect(url);
    const answer = peer.ask('tools/call', { name: 'deaf', arguments: { gate: 'one' } });
    await fixture.gates.reached('one');
    const closed = door.close({ deadlineMs: 100 });
    clock.advance(100);
    expect((await answer).error?.data?.['code']).toBe('session-ended');
    await closed;
  });
});
