import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Duplex, PassThrough, Writable } from 'node:stream';
import { createRuntime, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { serveStdio, type StdioSession } from 'mcp-actors/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { Fixture } from '../support/fixture.ts';
import { LinePeer } from '../support/linePeer.ts';
import { VirtualClock } from '../support/virtualClock.ts';

interface Rig {
  readonly runtime: Runtime;
  readonly fixture: Fixture;
  readonly clock: VirtualClock;
  readonly input: PassThrough;
  readonly session: StdioSession;
}

function startRig(output: Writable, options: Partial<RuntimeOptions<unknown>> = {}): Rig {
  const fixture = new Fixture();
  const clock = new VirtualClock();
  const runtime = createRuntime<unknown>({ server: fixture.factory, clock, ...options });
  onTestFinished(() => runtime.close());
  const input = new PassThrough();
  return { runtime, fixture, clock, input, session: serveStdio(runtime, { input, output }) };
}

function startPeer(options?: Partial<RuntimeOptions<unknown>>): Rig & { readonly peer: LinePeer } {
  const output = new PassThrough();
  const rig = startRig(output, options);
  return { ...rig, peer: new LinePeer(rig.input, output) };
}

const ping = (id: number): string => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;

describe('lines', () => {
  it('answers each message on one line, whatever is in it', async () => {
    const { peer } = startPeer();
    peer.greet();
    const text = 'one\ntwo\r\nthree\u2028four';
    peer.call(1, 'echo', { text });
    expect(await peer.answer(1)).toMatchObject({ result: { content: [{ text }] } });
    expect(peer.text.split('\n')).toHaveLength(3);
  });

  it('takes CRLF, empty lines, several messages a chunk and one message in many', async () => {
    const { peer } = startPeer();
    peer.greet();
    peer.write(`${ping(1)}\r\n\r\n\n${ping(2)}\n${ping(3)}`);
    for (const piece of ['\n', ping(4).slice(0, 10), ping(4).slice(10), '\r', '\n']) {
      peer.write(piece);
    }
    for (const id of [1, 2, 3, 4]) expect(await peer.answer(id)).toMatchObject({ result: {} });
  });

  it('takes a character in two chunks', async () => {
    const { peer } = startPeer();
    peer.greet();
    const params = { name: 'echo', arguments: { text: 'ß✓🎉' } };
    const line = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    for (const byte of Buffer.from(`${line}\n`)) peer.write(Buffer.of(byte));
    expect(await peer.answer(1)).toMatchObject({ result: { content: [{ text: 'ß✓🎉' }] } });
  });

  it('answers a line over maxBodyBytes once and goes on behind it', async () => {
    const { peer, runtime } = startPeer({ maxBodyBytes: 1000 });
    peer.greet();
    for (let i = 0; i < 20; i++) peer.write('x'.repeat(100));
    // Said as soon as it is too long, and not when it ends.
    expect((await peer.answer(null)).error?.data?.['code']).toBe('body-too-large');
    peer.write('\n');
    peer.ask(1, 'ping');
    await peer.answer(1);
    expect(runtime.stats().refusals).toEqual({ 'body-too-large': 1 });
  });

  it('ends the session of who sends four times maxBodyBytes without a newline', async () => {
    const { peer, session, runtime } = startPeer({ maxBodyBytes: 1000 });
    peer.greet();
    for (let i = 0; i < 41; i++) peer.write('x'.repeat(100));
    expect(await session.closed).toBe('disconnected');
    expect(runtime.stats().refusals).toEqual({ 'body-too-large': 1 });
  });

  it.each(['{', 'null', '[]', '"text"', '{"jsonrpc":"2.0"}', '\0', '[['.repeat(100)])(
    'answers %j with an error and goes on',
    async (line) => {
      const { peer } = startPeer();
      peer.greet();
      peer.write(`${line}\n`);
      expect((await peer.answer(null)).error).toBeDefined();
      peer.ask(1, 'ping');
      expect(await peer.answer(1)).toMatchObject({ result: {} });
    },
  );
});

describe('the end of input', () => {
  it('lets everything be answered that was asked before it', async () => {
    const { peer, session, input } = startPeer();
    peer.greet();
    peer.ask(1, 'tools/list');
    peer.call(2, 'echo', { text: 'last words' });
    peer.end();
    expect(await session.closed).toBe('terminated');
    await peer.ended;
    expect(peer.messages.map(({ id }) => id)).toEqual(['init', 1, 2]);
    expect(input.destroyed).toBe(true);
  });

  it('waits for a call that is running, and for no longer', async () => {
    const { peer, session, fixture, input } = startPeer();
    peer.greet();
    peer.call(1, 'slow', { gate: 'one' });
    await fixture.gates.reached('one');
    peer.end();
    await eventually(() => input.readableEnded);
    await turn();
    fixture.gates.open('one');
    expect(await session.closed).toBe('terminated');
    expect(await peer.answer(1)).toMatchObject({ result: { content: [{ text: 'passed one' }] } });
  });

  it('waits for a call that is running, and cuts it after two seconds', async () => {
    const { peer, session, fixture, clock } = startPeer();
    peer.greet();
    peer.call(1, 'deaf', { gate: 'one' });
    await fixture.gates.reached('one');
    peer.end();
    await eventually(() => clock.pending > 1);
    await turn();
    clock.advance(1999);
    expect(peer.messages.map(({ id }) => id)).toEqual(['init']);
    clock.advance(1);
    expect((await peer.answer(1)).error?.data?.['code']).toBe('session-ended');
    expect(await session.closed).toBe('terminated');
  });

  it('ends a line on which nothing was ever said', async () => {
    const { peer, session, runtime } = startPeer();
    peer.end();
    expect(await session.closed).toBe('terminated');
    expect(runtime.stats()).toMatchObject({ silentConnections: 0, spawned: 0 });
  });
});

describe('StdioSession.closed', () => {
  it('says terminated, once all the session owned is released', async () => {
    const { peer, session, fixture } = startPeer();
    peer.greet();
    await peer.answer('init');
    let released = false;
    fixture.sessions[0]!.own(async () => {
      await turn();
      released = true;
    });
    expect(await session.close()).toBe('terminated');
    expect(released).toBe(true);
    await peer.ended;
  });

  it('says handshake-timeout when nobody says initialize', async () => {
    const { session, clock } = startPeer({ handshakeTimeoutMs: 1000 });
    clock.advance(1000);
    expect(await session.closed).toBe('handshake-timeout');
  });

  it.each([true, false])(
    'says drained when the runtime drains (initialized: %s)',
    async (isInitialized) => {
      const { peer, session, runtime } = startPeer();
      if (isInitialized) {
        peer.greet();
        await peer.answer('init');
      }
      await runtime.drain({ deadlineMs: 1000 });
      expect(await session.closed).toBe('drained');
    },
  );

  it('says crashed when the server can not be built', async () => {
    const { peer, session, fixture } = startPeer();
    fixture.onBuild = () => {
      throw new Error('no server today');
    };
    peer.greet();
    expect((await peer.answer('init')).error?.code).toBe(-32603);
    expect(await session.closed).toBe('crashed');
  });

  it('says capacity when there is no place at initialize', async () => {
    const { peer, session, runtime } = startPeer({ maxSessions: 1 });
    const taken = serveStdio(runtime, { input: new PassThrough(), output: new PassThrough() });
    const other = startSecond(runtime);
    other.greet();
    await other.answer('init');
    peer.greet();
    expect((await peer.answer('init')).error?.data?.['code']).toBe('at-capacity');
    expect(await session.closed).toBe('capacity');
    await taken.close();
  });

  it('says disconnected when a pipe breaks', async () => {
    const { peer, session, input, runtime } = startPeer();
    peer.greet();
    await peer.answer('init');
    input.destroy(new Error('EIO'));
    expect(await session.closed).toBe('disconnected');
    expect(runtime.stats()).toMatchObject({ sessions: { total: 0 }, streams: 0 });
  });

  it('says disconnected when nobody reads any more (EPIPE)', async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => done(new Error('EPIPE')),
    });
    const { session, input } = startRig(output);
    const peer = new LinePeer(input, new PassThrough());
    peer.greet();
    expect(await session.closed).toBe('disconnected');
    expect(input.destroyed).toBe(true);
  });

  it('says disconnected to who leaves more than maxUnreadBytes unread', async () => {
    const output = new Writable({ highWaterMark: 1024, write: () => {} });
    const { session, fixture, input, runtime, clock } = startRig(output, {
      maxUnreadBytes: 10_000,
    });
    new LinePeer(input, new PassThrough()).greet();
    await eventually(() => runtime.stats().streams === 1 && fixture.servers.length === 1);
    await turn();
    const told = fixture.sessions[0]!.notify('notifications/message', {
      level: 'info',
      data: 'x'.repeat(20_000),
    });
    expect(told).toBe(true);
    expect(fixture.sessions[0]!.notify('notifications/message', { level: 'info' })).toBe(false);
    await eventually(() => runtime.stats().evicted.disconnected === 1);
    // Its last words are waited for, but not for ever.
    clock.advance(1000);
    expect(await session.closed).toBe('disconnected');
    expect(runtime.stats().limits['maxUnreadBytes']).toBe(1);
    expect(output.destroyed).toBe(true);
  });

  it('waits for a client that reads its last words slowly, and no longer than it reads', async () => {
    const takes: (() => void)[] = [];
    const output = new Writable({ write: (_chunk, _encoding, done) => void takes.push(done) });
    const { session, fixture, input, runtime, clock } = startRig(output, {
      closeTimeoutMs: 60_000,
    });
    new LinePeer(input, new PassThrough()).greet();
    await eventually(() => runtime.stats().streams === 1 && fixture.servers.length === 1);
    await turn();
    for (let i = 0; i < 3; i++) fixture.sessions[0]!.notify('notifications/message', { i });
    fixture.sessions[0]!.close();
    await eventually(() => runtime.stats().sessions.total === 0 && output.writableEnded);
    for (let i = 0; i < 2; i++) {
      takes.shift()!();
      await clock.elapse(1000);
      expect(output.destroyed).toBe(false);
    }
    await clock.elapse(1000);
    expect(output.destroyed).toBe(true);
    expect(await session.closed).toBe('terminated');
  });
});

describe('serveStdio', () => {
  it('reads nothing from a client that does not read', async () => {
    let take: (() => void) | undefined;
    let written = 0;
    const output = new Writable({
      highWaterMark: 1,
      write(_chunk, _encoding, done) {
        written++;
        take = done;
      },
    });
    const { input, runtime } = startRig(output);
    const peer = new LinePeer(input, new PassThrough());
    peer.greet();
    for (let id = 0; id < 40; id++) peer.ask(id, 'tools/list');
    await eventually(() => take !== undefined);
    await turn();
    expect(written).toBe(1);
    const { calls } = runtime.stats();
    await turn();
    expect(runtime.stats().calls).toBe(calls);
    expect(calls).toBeLessThan(40);
    await eventually(() => {
      take?.();
      return written === 41;
    });
  });

  it('closes at its deadline what is not done', async () => {
    const { peer, session, fixture, clock } = startPeer();
    peer.greet();
    peer.call(1, 'deaf', { gate: 'one' });
    await fixture.gates.reached('one');
    const closed = session.close({ deadlineMs: 100 });
    clock.advance(100);
    expect((await peer.answer(1)).error?.data?.['code']).toBe('session-ended');
    expect(await closed).toBe('terminated');
  });

  it('serves a socket, which is input and output in one', async () => {
    const runtime = createRuntime<unknown>({ server: new Fixture().factory });
    onTestFinished(() => runtime.close());
    const sessions: StdioSession[] = [];
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      sessions.push(serveStdio(runtime, { input: socket, output: socket }));
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    onTestFinished(() => void listener.close());
    const socket = connect((listener.address() as AddressInfo).port, '127.0.0.1');
    const peer = new LinePeer(socket, socket);
    peer.greet();
    const text = 'x'.repeat(3 * 1024 * 1024);
    peer.call(1, 'echo', { text });
    peer.end();
    await peer.ended;
    expect(peer.messages.map(({ id }) => id)).toEqual(['init', 1]);
    expect(await sessions[0]!.closed).toBe('terminated');
  });

  it('lets a socket take its last words, though nothing more is read from it', async () => {
    let take: (() => void) | undefined;
    const socket = new Duplex({
      read() {},
      write: (_chunk, _encoding, done) => void (take = done),
    });
    const runtime = createRuntime<unknown>({
      server: new Fixture().factory,
      createId() {
        throw new Error('no entropy');
      },
    });
    onTestFinished(() => runtime.close());
    const { closed } = serveStdio(runtime, { input: socket, output: socket });
    const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} };
    socket.push(`${JSON.stringify(initialize)}\n${ping(1)}\n`);
    await eventually(() => take !== undefined);
    await turn();
    expect(socket.destroyed).toBe(false);
    take?.();
    expect(await closed).toBe('crashed');
    expect(socket.writableFinished).toBe(true);
  });

  it('is bound to who the host says', async () => {
    const fixture = new Fixture();
    const runtime = createRuntime<unknown>({ server: fixture.factory });
    onTestFinished(() => runtime.close());
    const authInfo = { token: 't', clientId: 'alice', scopes: [] };
    const [input, output] = [new PassThrough(), new PassThrough()];
    serveStdio(runtime, { input, output, authInfo });
    const peer = new LinePeer(input, output);
    peer.greet();
    await peer.answer('init');
    expect(fixture.sessions[0]!.principal).toBe(JSON.stringify([null, null, 'alice']));
  });

  it('throws not-admitted when the runtime takes no session', async () => {
    const runtime = createRuntime<unknown>({ server: new Fixture().factory });
    await runtime.close();
    const [input, output] = [new PassThrough(), new PassThrough()];
    expect(() => serveStdio(runtime, { input, output })).toThrow(
      expect.objectContaining({ code: 'not-admitted' }),
    );
  });
});

function startSecond(runtime: Runtime): LinePeer {
  const [input, output] = [new PassThrough(), new PassThrough()];
  serveStdio(runtime, { input, output });
  return new LinePeer(input, output);
}
