import { describe, expect, it } from 'vitest';
import type { Session } from 'mcp-actors';
import { DOORS } from '../support/door.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { call, notification } from '../support/rawClient.ts';
import { startRig } from '../support/rig.ts';
import { MINUTE, sleep } from '../support/sleep.ts';
import { WireClient } from '../support/wireClient.ts';

const MIB = 1024 * 1024;
/** Params whose text has about so many bytes. */
const of = (bytes: number) => ({ data: 'x'.repeat(bytes) });
const noted = 'notifications/noted';

const messagesOf = ({ runtime }: Pick<FakeRuntime, 'runtime'>): number =>
  runtime.stats().bytesIn.messages;

describe.each(DOORS)('A11: maxQueueBytes over %s', (kind) => {
  it('40 notifications of 4 MB behind a handler: two wait, the rest are dead letters', async () => {
    // In process, a hundredth of everything shows the same.
    const scale = kind === 'fetch' ? 100 : 1;
    const bytes = 4e6 / scale;
    const maxQueueBytes = Math.round((8 * MIB) / scale);
    const rig = await startRig(kind, { concurrency: 1, maxQueueBytes });
    const client = await rig.connect();
    const first = client.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const waiting = client.ask(call(2, 'echo', { text: 'waits' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    const text = Buffer.from(JSON.stringify(notification(noted, of(bytes))));
    for (let n = 0; n < 40; n++) {
      const told = await client.ask(text);
      expect([told.status, told.text]).toEqual([202, '']);
      expect(messagesOf(rig)).toBeLessThanOrEqual(maxQueueBytes);
    }
    // Two of them, and the two calls.
    expect(messagesOf(rig)).toBeGreaterThan(2 * bytes);
    const refused = await client.ask(call(3, 'echo', { text: 'x'.repeat(bytes) }));
    expect(refused).toMatchObject({
      status: 200,
      message: { id: 3, error: { code: -32000, data: { code: 'session-busy' } } },
    });
    expect(rig.runtime.stats()).toMatchObject({
      deadLetters: { full: 38 },
      limits: { maxQueueBytes: 39 },
      refusals: { 'session-busy': 1 },
    });
    rig.gates.open('g');
    await Promise.all([first, waiting]);
    expect(messagesOf(rig)).toBe(0);
    const after = await client.ask(call(4, 'echo', { text: 'x'.repeat(bytes) }));
    expect(after.message).toMatchObject({ id: 4, result: {} });
  }, 120_000);

  it('counts the parsed bodies of running requests, and takes a message that is alone', async () => {
    const rig = await startRig(kind, { maxQueueBytes: 1000 });
    const client = await rig.connect();
    const alone = client.ask(call(1, 'slow', { gate: 'g', text: 'x'.repeat(5000) }));
    await rig.gates.reached('g');
    const refused = await client.ask(call(2, 'echo', { text: 'a' }));
    expect(refused.message.error?.data?.['code']).toBe('session-busy');
    // What need not wait is not counted.
    expect((await client.ask(notification(noted, of(5000)))).status).toBe(202);
    expect(rig.runtime.stats().deadLetters.full).toBe(0);
    rig.gates.open('g');
    expect((await alone).message).toMatchObject({ id: 1, result: {} });
    const after = await client.ask(call(2, 'echo', { text: 'a' }));
    expect(after.message).toMatchObject({ id: 2, result: {} });
  });
});

describe('A11: what counts against maxQueueBytes', () => {
  it('each value of a message, so that a short text can not become a large object', async () => {
    const world = new FakeRuntime({ maxQueueBytes: 200_000 });
    const client = await world.open();
    const params = { data: Array.from({ length: 2000 }, () => ({})) };
    expect(JSON.stringify(params).length).toBeLessThan(7000);
    void client.request('hold', params, 1);
    await turn();
    expect(messagesOf(world)).toBeGreaterThan(2 * 2000 * 60);
    expect((await client.call('hold', params, 2)).error?.data?.['code']).toBe('session-busy');
  });

  it('the messages of a batch, each for itself', async () => {
    const world = new FakeRuntime({ concurrency: 1 });
    const client = await world.open(undefined, { version: '2025-03-26' });
    const large = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: of(10_000) };
    void client.post([{ jsonrpc: '2.0', id: 1, method: 'hold' }, large]);
    await turn();
    expect(messagesOf(world)).toBeGreaterThan(10_000);
    expect(messagesOf(world)).toBeLessThan(12_000);
    await client.notify('notifications/cancelled', { requestId: 2 });
    expect(messagesOf(world)).toBeLessThan(1000);
  });

  it('what a host has parsed', async () => {
    const world = new FakeRuntime({ maxQueueBytes: 10_000 });
    const client = await world.open();
    const hold = (id: number): Promise<Response> =>
      world.runtime.fetch(
        new Request('http://localhost/mcp', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-session-id': client.id!,
          },
        }),
        { parsedBody: { jsonrpc: '2.0', id, method: 'hold', params: of(6000) } },
      );
    void hold(1);
    expect(await (await hold(2)).json()).toMatchObject({
      error: { data: { code: 'session-busy' } },
    });
  });

  it('the stash of a session that is built, and of one that wakes', async () => {
    let build: (() => void) | undefined;
    const world: FakeRuntime = new FakeRuntime({
      maxQueueBytes: 10_000,
      server: ({ wakeCount }: Session) =>
        wakeCount === 0
          ? world.serve()
          : new Promise((resolve) => (build = () => resolve(world.serve()))),
    });
    const client = await world.open();
    await sleep(world);
    for (let n = 0; n < 5; n++) await client.notify(noted, of(4000));
    expect(world.runtime.stats()).toMatchObject({
      deadLetters: { full: 3 },
      limits: { maxQueueBytes: 3 },
    });
    build!();
    await eventually(() => world.server.methods.filter((each) => each === noted).length === 2);
    expect(messagesOf(world)).toBe(0);
  });

  it('what is said before the handshake is confirmed', async () => {
    const world = new FakeRuntime({ maxQueueBytes: 10_000 });
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    for (let n = 0; n < 5; n++) world.server.notify('notifications/x', of(4000));
    expect(world.runtime.stats()).toMatchObject({
      deadLetters: { full: 3 },
      limits: { maxQueueBytes: 3 },
    });
    await client.notify('notifications/initialized');
    expect(messagesOf(world)).toBe(0);
  });
});

describe('A11: maxQueueTotalBytes', () => {
  it('bounds all sessions together, and leaves each principal its share', async () => {
    const world = new FakeRuntime({ maxQueueTotalBytes: 80_000 });
    const hold = async (user: string) => {
      const client = await world.open(user);
      return client.request('hold', of(8000)).then((reply) => reply.whole());
    };
    const mallory = Array.from({ length: 10 }, () => hold('mallory'));
    // Some are refused while their bodies are on their way, the others as messages.
    await eventually(() => world.runtime.stats().limits['maxQueueTotalBytes'] === 6);
    const { refusals, inFlight } = world.runtime.stats();
    expect((refusals['session-busy'] ?? 0) + (refusals['upload-refused'] ?? 0)).toBe(6);
    expect(inFlight).toBe(4);
    void hold('alice');
    void hold('bob');
    await eventually(() => world.runtime.stats().inFlight === 6);
    expect(messagesOf(world)).toBeLessThanOrEqual(80_000);
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await Promise.all([closed, ...mallory]);
    expect(messagesOf(world)).toBe(0);
  });
});

function crash({ runtime }: FakeRuntime): void {
  runtime.residents()[0]!.own({
    close() {},
    on: (_: 'error', fail: (error: Error) => void) => fail(new Error('x')),
  });
}

/** A session with a running call, one that waits, a note that waits. */
async function busy(options: ConstructorParameters<typeof FakeRuntime>[0] = {}) {
  const world = new FakeRuntime({ concurrency: 1, ...options });
  const client = await world.open('alice');
  for (const id of [1, 2]) void client.request('hold', of(1000), id).catch(() => {});
  await client.notify(noted, of(1000));
  await eventually(() => messagesOf(world) > 3000);
  return { world, client };
}

describe('A11: no end keeps what a session held', () => {
  it.each([
    ['DELETE', ({ client }) => client.delete()],
    ['evict', ({ world, client }) => world.runtime.evict(client.id!)],
    ['a drain', ({ world }) => world.runtime.drain({ deadlineMs: 1 })],
    ['close', ({ world }) => world.runtime.close()],
    ['a crash', async ({ world }) => crash(world)],
  ] as readonly (readonly [string, (of: Awaited<ReturnType<typeof busy>>) => Promise<unknown>])[])(
    '%s',
    async (_what, end) => {
      const rig = await busy();
      const ended = end(rig);
      await rig.world.clock.elapse(MINUTE);
      await ended;
      await eventually(() => rig.world.runtime.stats().sessions.total === 0);
      expect(messagesOf(rig.world)).toBe(0);
    },
  );

  it('a crash that restarts keeps what waits, and nothing of what ran', async () => {
    const { world } = await busy({ onCrash: 'restart' });
    crash(world);
    await eventually(() => world.servers.length === 2 && world.server.methods.includes(noted));
    // The second call runs now, and no notification waits behind it.
    expect(world.server.methods).toContain('hold');
    expect(messagesOf(world)).toBeGreaterThan(1000);
    expect(messagesOf(world)).toBeLessThan(2000);
    world.server.answer(2);
    expect(messagesOf(world)).toBe(0);
  });

  it('a handshake that times out, with words of its server held back', async () => {
    const world = new FakeRuntime();
    const client = await WireClient.of(world.runtime);
    await client.initialize();
    world.server.notify('notifications/x', of(1000));
    expect(messagesOf(world)).toBeGreaterThan(1000);
    await world.clock.elapse(2 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      bytesIn: { messages: 0 },
      deadLetters: { closed: 1 },
      evicted: { 'handshake-timeout': 1 },
    });
  });
});
