import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Limits } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

/** As the SDK describes one: every event of every stream in one list. */
class ListStore implements EventStore {
  readonly events: { readonly stream: string; readonly message: JSONRPCMessage }[] = [];
  trouble = false;
  /** What it says of whose events it gave. */
  lie: string | undefined;
  /** Resolves when it stores something again. */
  held: Promise<void> | undefined;
  asked = 0;

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    this.asked++;
    await turn();
    await this.held;
    if (this.trouble) throw new Error('full');
    return String(this.events.push({ stream, message }) - 1);
  }

  async replayEventsAfter(
    last: string,
    { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const { stream } = this.events[Number(last)]!;
    for (const [i, each] of this.events.entries()) {
      if (i > Number(last) && each.stream === stream) await send(String(i), each.message);
    }
    return this.lie ?? stream;
  }
}

/** A call of one client that said so many words on its stream, read by nobody but at first. */
async function told(words: number, limits: Partial<Limits> = {}, size = 0) {
  const eventStore = new ListStore();
  const world = new FakeRuntime({ eventStore, maxReplayEvents: 4, replayMs: 60_000, ...limits });
  const client = await world.open('ann');
  const call = client.request('hold', {}, 1);
  await turn();
  await world.clock.elapse(1000);
  const stream = await call;
  await stream.until(({ ids }) => ids.length > 0);
  const [begin] = stream.ids;
  const { server } = world;
  const say = (n: number): void =>
    server.notify(
      'notifications/message',
      { data: n, more: 'x'.repeat(size) },
      server.idOf('hold'),
    );
  stream.leave();
  await turn();
  for (let n = 1; n <= words; n++) {
    say(n);
    for (let i = 0; i < 4; i++) await turn();
  }
  return { world, client, server, eventStore, begin: begin!, say };
}

describe('eventStore', () => {
  it('has what the log has dropped: a client gets all it missed, in order, once', async () => {
    const { client, server, begin, say } = await told(10);
    const resumed = await client.get({ 'last-event-id': begin });
    expect(resumed.status).toBe(200);
    say(11);
    server.answer(1, { done: true });
    await resumed.whole();
    expect(resumed.messages.map(({ params, result }) => params?.['data'] ?? result)).toEqual([
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9,
      10,
      11,
      { done: true },
    ]);
    expect(new Set(resumed.ids).size).toBe(resumed.ids.length);
  });

  it('has a stream that is over and forgotten here', async () => {
    const { world, client, server, begin } = await told(2);
    server.answer(1, { done: true });
    for (let i = 0; i < 10; i++) await turn();
    await world.clock.elapse(120_000);
    const resumed = await (await client.get({ 'last-event-id': begin })).whole();
    expect(resumed.messages.at(-1)?.result).toEqual({ done: true });
    expect(resumed.messages).toHaveLength(3);
  });

  it('takes a stream from nobody for a client that left while the store was asked', async () => {
    const { world, client, eventStore, begin, say } = await told(10);
    const replay = eventStore.replayEventsAfter.bind(eventStore);
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const reading = new Promise<void>((resolve) => {
      eventStore.replayEventsAfter = async (last, sender) => {
        resolve();
        await held;
        return replay(last, sender);
      };
    });
    const leaving = new AbortController();
    const headers = { accept: 'text/event-stream', 'mcp-session-id': client.id!, 'x-user': 'ann' };
    const asked = world.runtime.fetch(
      new Request('http://localhost/mcp', {
        headers: { ...headers, 'last-event-id': begin },
        signal: leaving.signal,
      }),
    );
    await reading;
    leaving.abort();
    eventStore.replayEventsAfter = replay;
    const resumed = await client.get({ 'last-event-id': begin });
    await resumed.until(({ messages }) => messages.length === 10);
    release();
    expect((await asked).status).toBe(499);
    for (let i = 0; i < 10; i++) await turn();
    say(11);
    await resumed.until(({ messages }) => messages.length === 11);
  });

  it("can not be asked for another session's events, whatever the id", async () => {
    const { world, begin } = await told(10);
    const bob = await world.open('bob');
    expect((await bob.get({ 'last-event-id': begin })).status).toBe(400);
    const key = world.runtime.residents().find(({ principal }) => principal === 'bob')!.key;
    const forged = begin.replace(/^[^_]+/, key);
    expect((await bob.get({ 'last-event-id': forged })).status).toBe(400);
  });

  it('is not believed when it gives events of another stream', async () => {
    const { client, eventStore, begin } = await told(10);
    eventStore.lie = 'somebody-1';
    const refused = await (await client.get({ 'last-event-id': begin })).whole();
    expect([refused.status, refused.message.error?.data?.['code']]).toEqual([400, 'event-unknown']);
  });

  it('that fails loses what the log has not: refused clearly, announced, and nobody else notices', async () => {
    const { world, client, eventStore, begin, say } = await told(2);
    const failed = world.record('store.failed');
    eventStore.trouble = true;
    for (let n = 3; n <= 12; n++) say(n);
    for (let i = 0; i < 40; i++) await turn();
    expect(failed[0]).toMatchObject({ doing: 'append' });
    const refused = await client.get({ 'last-event-id': begin });
    expect(refused.status).toBe(400);
    expect((await client.call('tools/list', {}, 99)).error).toBeUndefined();
  });

  it('gives back no more at once than a session may leave unread: the client comes back', async () => {
    const { world, client, server, begin } = await told(40, { maxUnreadBytes: 10_000 }, 1000);
    server.answer(1, { done: true });
    const limits = world.record('limit');
    const rounds: number[] = [];
    const got: unknown[] = [];
    for (let last = begin; got.at(-1) !== 'done';) {
      const resumed = await (await client.get({ 'last-event-id': last })).whole();
      expect(resumed.status).toBe(200);
      rounds.push(resumed.messages.length);
      got.push(
        ...resumed.messages.map(({ params, result }) => params?.['data'] ?? (result && 'done')),
      );
      last = resumed.ids.at(-1)!;
    }
    expect(got).toEqual([...Array.from({ length: 40 }, (_, i) => i + 1), 'done']);
    expect(Math.max(...rounds)).toBeLessThan(16);
    expect(new Set(limits.map(({ limit }) => limit))).toEqual(new Set(['maxUnreadBytes']));
  });

  it('that hangs has no more waiting than a session may leave unread, and then nothing', async () => {
    const { world, client, eventStore, begin, say, server } = await told(
      2,
      { maxUnreadBytes: 10_000, storeTimeoutMs: 5000 },
      1000,
    );
    const failed = world.record('store.failed');
    let release!: () => void;
    eventStore.held = new Promise((resolve) => (release = resolve));
    const { asked } = eventStore;
    say(3);
    await turn();
    for (let n = 4; n <= 30; n++) say(n);
    for (let i = 0; i < 40; i++) await turn();
    expect(eventStore.asked - asked).toBe(1);
    expect(world.runtime.stats().limits['maxUnreadBytes']).toBe(1);
    expect(failed).toHaveLength(1);
    expect((await client.get({ 'last-event-id': begin })).status).toBe(400);
    await world.clock.elapse(5000);
    // From here on nothing waits, of whatever stream: it is lost at once, and said so.
    server.notify('notifications/message', { data: 'of no stream' });
    await turn();
    expect([eventStore.asked - asked, failed.length]).toEqual([1, 2]);
    release();
    eventStore.held = undefined;
    for (let i = 0; i < 10; i++) await turn();
    const call = client.request('hold', {}, 2);
    await turn();
    await world.clock.elapse(1000);
    (await call).leave();
    server.answer(2);
    for (let i = 0; i < 10; i++) await turn();
    expect(eventStore.asked - asked).toBeGreaterThan(1);
  });
});
