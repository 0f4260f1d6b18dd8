import { createRuntime, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Channel,
  type ChannelEnd,
  type Wire,
  openChannel,
} from '../../src/adapters/channel.ts';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { eventually } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import type { Rpc } from '../support/reply.ts';
import { VirtualClock } from '../support/virtualClock.ts';

/** A line of which a test says how much is unread. */
class FakeWire implements Wire {
  readonly carrier = 'memory';
  readonly sent: (Rpc | Rpc[])[] = [];
  readonly ends: ChannelEnd[] = [];
  unread = 0;
  isCut = false;
  #callbacks: (() => void)[] = [];

  send(json: string): void {
    this.sent.push(JSON.parse(json) as Rpc | Rpc[]);
  }

  end(reason: ChannelEnd): void {
    this.ends.push(reason);
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  cut(): void {
    this.isCut = true;
    this.leave();
  }

  whenGone(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Its client has taken, or lost, what was unread. */
  leave(): void {
    this.unread = 0;
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  /** What was last said. */
  get last(): Rpc {
    return this.sent.at(-1) as Rpc;
  }
}

interface Rig {
  readonly runtime: Runtime;
  readonly wire: FakeWire;
  readonly channel: Channel;
  readonly server: FakeServer;
  readonly clock: VirtualClock;
  readonly say: (message: unknown) => void;
}

/** @param beside the runtime of another line */
function open(options: Partial<RuntimeOptions<unknown>> = {}, beside?: Runtime): Rig {
  const server = new FakeServer();
  const clock = new VirtualClock();
  const runtime = beside ?? createRuntime<unknown>({ server: () => server, clock, ...options });
  onTestFinished(() => runtime.close());
  const wire = new FakeWire();
  const channel = openChannel(
    endpointOf(runtime),
    { head: { method: '', headers: {} }, authInfo: undefined },
    wire,
  );
  if (typeof channel === 'string') throw new Error(channel);
  const say = (message: unknown): void => channel.receive(JSON.stringify(message));
  return { runtime, wire, channel, server, clock, say };
}

const request = (id: string | number, method: string, params: object = {}): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

async function start(
  options?: Partial<RuntimeOptions<unknown>>,
  protocolVersion = '2025-11-25',
  beside?: Runtime,
): Promise<Rig> {
  const rig = open(options, beside);
  rig.say(request('init', 'initialize', { protocolVersion }));
  await eventually(() => rig.wire.sent.length === 1);
  rig.say({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return rig;
}

describe('Channel.receive', () => {
  it('answers in order of arrival, a batch of 2025-03-26 as one', async () => {
    const { wire, say } = await start({}, '2025-03-26');
    say([request(1, 'a'), { jsonrpc: '2.0', method: 'notifications/x' }, request(2, 'b')]);
    expect(wire.last).toMatchObject([{ id: 1 }, { id: 2 }]);
  });

  it('leaves a cancelled request out of the answer to its batch', async () => {
    const { wire, say, server } = await start({}, '2025-03-26');
    say([request(1, 'a'), request(2, 'hold')]);
    say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    expect(wire.last).toMatchObject([{ id: 1 }]);
    server.answer(2);
    expect(wire.sent).toHaveLength(2);
  });

  it('refuses a batch where the revision has none, and one with initialize in it', async () => {
    const newer = await start();
    newer.say([request(1, 'a')]);
    expect(newer.wire.last.error?.data?.['code']).toBe('batch-not-allowed');
    const older = await start({}, '2025-03-26');
    older.say([request(1, 'initialize')]);
    expect(older.wire.last.error?.data?.['code']).toBe('batch-not-allowed');
  });

  it('refuses the id of a request in flight; the first is unharmed (row P8)', async () => {
    const { wire, say, server } = await start();
    say(request(1, 'hold'));
    say(request(1, 'a'));
    expect(wire.last.error?.data?.['code']).toBe('duplicate-request-id');
    server.answer(1, { first: true });
    expect(wire.last).toMatchObject({ id: 1, result: { first: true } });
  });

  it('says nothing of a request that was cancelled (row C1)', async () => {
    const { wire, say, server } = await start();
    say(request(0, 'hold'));
    say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 0 } });
    server.answer(server.idOf('hold'));
    expect(wire.sent).toHaveLength(1);
  });

  it('answers a dual-era client’s probe, and takes its initialize afterwards', async () => {
    const { wire, say } = open();
    say(request('probe', 'server/discover'));
    expect(wire.last).toMatchObject({ id: 'probe', error: { data: { code: 'not-initialized' } } });
    say(request('init', 'initialize', { protocolVersion: '2025-11-25' }));
    await eventually(() => wire.last.id === 'init');
    expect(wire.last.result).toBeDefined();
  });

  it('keeps what comes before the answer to initialize until then (row L3)', async () => {
    const { wire, say } = open();
    say(request('init', 'initialize', { protocolVersion: '2025-11-25' }));
    say(request(1, 'early'));
    expect(wire.sent).toEqual([]);
    await eventually(() => wire.sent.length === 2);
    expect(wire.sent).toMatchObject([{ id: 'init' }, { id: 1 }]);
  });

  it('hears nothing once it is over', async () => {
    const { channel, wire, say, server, runtime } = await start();
    channel.left();
    say(request(1, 'a'));
    channel.reject('body-too-large');
    server.notify('notifications/message');
    expect(wire.sent).toHaveLength(1);
    expect(wire.ends).toEqual([]);
    expect(runtime.stats().refusals).toEqual({});
  });
});

describe('the end of a channel', () => {
  it('ends a session once, whoever begins', async () => {
    const { channel, wire, runtime } = await start();
    channel.session?.close('terminated');
    channel.left();
    channel.finish('drained');
    await eventually(() => runtime.stats().sessions.total === 0);
    expect(wire.ends).toEqual(['terminated']);
    expect(runtime.stats()).toMatchObject({ streams: 0, handshakes: 0 });
  });

  it('waits for work in flight when it finishes, and for no more once it is cut', async () => {
    const { channel, wire, say } = await start();
    say(request(1, 'hold'));
    channel.cut();
    expect(wire.sent).toHaveLength(1);
    channel.finish('terminated');
    expect(wire.ends).toEqual([]);
    channel.cut();
    expect(wire.last.error?.data).toMatchObject({ code: 'session-ended', reason: 'terminated' });
    expect(wire.ends).toEqual(['terminated']);
  });

  it('is not brought about by a cut where nothing finishes', async () => {
    const { channel, wire, say } = open();
    say(request('init', 'initialize', { protocolVersion: '2025-11-25' }));
    await eventually(() => wire.sent.length === 1);
    channel.cut();
    expect(wire.ends).toEqual([]);
  });

  it('counts its handshake once, whatever is said while it finishes', async () => {
    const { channel, say, runtime } = open();
    say(request('init', 'initialize', { protocolVersion: '2025-11-25' }));
    say(request(1, 'hold'));
    await eventually(() => runtime.stats().sessions.active === 1);
    channel.finish('terminated');
    expect(runtime.stats()).toMatchObject({ handshakes: 0, sessions: { closing: 1 } });
    say(request(2, 'a'));
    expect(runtime.stats().handshakes).toBe(0);
    channel.cut();
  });

  it('finishes at once without a session', () => {
    const { channel, wire, runtime } = open();
    channel.finish('terminated');
    expect(wire.ends).toEqual(['terminated']);
    expect(runtime.stats().handshakes).toBe(0);
  });

  it('is quiet when nobody waits for an answer', async () => {
    const { channel, say, server } = await start();
    expect(channel.isQuiet).toBe(true);
    say(request(1, 'hold'));
    expect(channel.isQuiet).toBe(false);
    server.answer(1);
    expect(channel.isQuiet).toBe(true);
  });

  it('comes for who leaves more than maxUnreadBytes unread', async () => {
    const { channel, wire, say, runtime } = await start({ maxUnreadBytes: 1000 });
    wire.unread = 1000;
    say(request(1, 'a'));
    expect(wire.last.id).toBe(1);
    wire.unread = 1001;
    say(request(2, 'a'));
    expect(wire.last.id).toBe(1);
    expect(wire.ends).toEqual(['too-slow']);
    expect(channel.isReachable).toBe(false);
    expect(runtime.stats().limits['maxUnreadBytes']).toBe(1);
  });

  it('comes for the line with most unread where all together are over maxUnreadTotalBytes', async () => {
    const rig = await start({ maxUnreadTotalBytes: 100_000, server: () => new FakeServer() });
    const small = await start({}, undefined, rig.runtime);
    rig.wire.unread = 70_000;
    rig.say(request(1, 'a'));
    small.wire.unread = 30_000;
    small.say(request(1, 'a'));
    expect([rig.wire.ends, small.wire.ends]).toEqual([[], []]);
    small.wire.unread = 30_001;
    small.say(request(2, 'a'));
    expect([rig.wire.ends, small.wire.ends]).toEqual([['too-slow'], []]);
    expect(small.wire.last.id).toBe(2);
    expect(rig.runtime.stats().limits).toEqual({ maxUnreadTotalBytes: 1 });
    await eventually(() => rig.runtime.stats().evicted.disconnected === 1);
    // What a line that is over leaves unread counts until it is gone.
    small.wire.unread = 60_000;
    small.say(request(3, 'a'));
    expect([rig.wire.isCut, small.wire.ends]).toEqual([true, []]);
    small.wire.unread = 90_000;
    small.say(request(4, 'a'));
    expect(small.wire.ends).toEqual([]);
  });

  it('drops what is not read of it within closeTimeoutMs', async () => {
    const { wire, clock, channel } = await start({ closeTimeoutMs: 1000 });
    wire.unread = 10;
    channel.session?.close('terminated');
    await eventually(() => wire.ends.length === 1);
    await clock.elapse(999);
    expect(wire.isCut).toBe(false);
    await clock.elapse(1);
    expect(wire.isCut).toBe(true);
  });

  it('comes with an error where no id can be made, and nobody else notices', async () => {
    const { wire, say, runtime } = open({
      createId() {
        throw new Error('no entropy');
      },
    });
    const errors: unknown[] = [];
    runtime.on('endpoint.failed', ({ error }) => errors.push(error));
    say(request('init', 'initialize', { protocolVersion: '2025-11-25' }));
    expect(wire.last).toMatchObject({ id: 'init', error: { code: -32603 } });
    expect(wire.ends).toEqual(['crashed']);
    expect(errors).toHaveLength(1);
    expect(runtime.stats()).toMatchObject({ handshakes: 0, streams: 0 });
  });

  it('neither time nor capacity brings it while the line is open', async () => {
    const { wire, clock, runtime } = await start({
      maxSessions: 1,
      idleTimeoutMs: 1000,
      sleep: false,
    });
    clock.advance(100_000);
    expect(runtime.stats().sessions.idle).toBe(1);
    const other = new FakeWire();
    const head = { method: '', headers: {} };
    const second = openChannel(endpointOf(runtime), { head, authInfo: undefined }, other);
    (second as Channel).receive(JSON.stringify(request('init', 'initialize')));
    expect(other.ends).toEqual(['at-capacity']);
    expect(wire.ends).toEqual([]);
  });
});
