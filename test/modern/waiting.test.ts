import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Runtime, RuntimeOptions } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import { WireClient } from '../support/wireClient.ts';

const LONG = 'x'.repeat(5000);
const BOUND = 20_000;

const waitingIn = (runtime: Runtime): number => runtime.stats().bytesIn.messages;

/** Servers whose list of tools is what a test says, when it says so. */
function listing(
  list: () => Promise<object[]> | object[],
  options: Partial<RuntimeOptions<{ count: number }>> = {},
) {
  const rig = { asked: 0, stopped: 0 };
  const world = new ModernWorld({
    server(session) {
      const info = { name: 'lists', version: '1' };
      const server = new Server(info, { ...session.serverOptions, capabilities: { tools: {} } });
      server.setRequestHandler(ListToolsRequestSchema, async (_, { signal }) => {
        rig.asked++;
        signal.addEventListener('abort', () => rig.stopped++);
        return { tools: (await list()) as [] };
      });
      server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
        content: [{ type: 'text', text: JSON.stringify(params.arguments) }],
      }));
      return server;
    },
    ...options,
  });
  return { world, rig };
}

describe('what waits before a mailbox has it', () => {
  it('of the session era, for the store: counts among maxQueueTotalBytes, and is refused beyond', async () => {
    const store = new HeldStore();
    const before = new FakeRuntime({ store });
    const { id } = await before.open('ann');
    await before.clock.elapse(1000);
    const world = new FakeRuntime({ store, maxQueueTotalBytes: BOUND });
    const ann = await WireClient.of(world.runtime, { headers: { 'x-user': 'ann' } });
    ann.id = id;
    const release = store.hold('get');
    const replies = Array.from({ length: 8 }, () => ann.request('echo', { text: LONG }));
    await eventually(() => (world.runtime.stats().refusals['session-busy'] ?? 0) > 0);
    expect(waitingIn(world.runtime)).toBeGreaterThan(LONG.length);
    expect(waitingIn(world.runtime)).toBeLessThanOrEqual(BOUND);
    release();
    const answers = await Promise.all(replies.map(async (reply) => (await reply).whole()));
    const refused = answers.filter(({ message }) => message.error !== undefined);
    expect(refused.length).toBeGreaterThan(3);
    expect(refused.length).toBeLessThan(8);
    // Bodies beyond half of the bound are refused before they are whole.
    const codes = new Set(refused.map(({ message }) => message.error?.data?.['code']));
    expect(codes).toEqual(new Set(['upload-refused', 'session-busy']));
    expect(waitingIn(world.runtime)).toBe(0);
  });

  it('of the stateless era, for the store: the same', async () => {
    const store = new HeldStore();
    const world = new ModernWorld({ store, maxQueueTotalBytes: BOUND });
    const ann = await world.client('ann');
    const release = store.hold('get');
    const calls = Array.from({ length: 8 }, () => ann.call('mine', { word: LONG }));
    await eventually(() => (world.runtime.stats().refusals['session-busy'] ?? 0) > 0);
    expect(waitingIn(world.runtime)).toBeGreaterThan(LONG.length);
    expect(waitingIn(world.runtime)).toBeLessThanOrEqual(BOUND);
    release();
    const answers = await Promise.all(calls);
    const refused = answers.filter(({ error }) => error !== undefined);
    expect(refused.length).toBeGreaterThan(3);
    expect(refused.length).toBeLessThan(8);
    expect(world.runtime.stats().limits).toEqual({ maxQueueTotalBytes: refused.length });
    expect(waitingIn(world.runtime)).toBe(0);
  });

  it('for a store that fails: is refused, and counts no more', async () => {
    const store = new HeldStore();
    const world = new ModernWorld({ store });
    const ann = await world.client('ann');
    const release = store.hold('get');
    store.fail('get', new Error('broken'));
    const answer = ann.call('mine', { word: LONG });
    await eventually(() => waitingIn(world.runtime) > LONG.length);
    release();
    expect((await answer).error).toBeDefined();
    expect(waitingIn(world.runtime)).toBe(0);
  });

  it('for a list of tools: the same', async () => {
    let answer!: () => void;
    const listed = new Promise<object[]>((resolve) => (answer = () => resolve([])));
    const { world, rig } = listing(() => listed, { maxQueueTotalBytes: BOUND });
    const ann = await world.client('ann');
    const calls = Array.from({ length: 8 }, () => ann.call('any', { word: LONG }));
    await eventually(() => (world.runtime.stats().refusals['session-busy'] ?? 0) > 0);
    expect(waitingIn(world.runtime)).toBeGreaterThan(LONG.length);
    answer();
    const answers = await Promise.all(calls);
    const refused = answers.filter(({ error }) => error !== undefined);
    expect(refused.length).toBeGreaterThan(3);
    expect(refused.length).toBeLessThan(8);
    expect(rig.asked).toBe(1);
    expect(waitingIn(world.runtime)).toBe(0);
  });

  it('an answer for a place of concurrency: counts until its handler has the answer', async () => {
    const world = new ModernWorld({ concurrency: 1 });
    const ann = await world.client('ann');
    const asked = await ann.call('ask', { q: 'Go?' });
    const leaving = new AbortController();
    const how = { signal: leaving.signal };
    const busy = ann.send('tools/call', { name: 'hold', arguments: {} }, how);
    busy.catch(() => {});
    await eventually(() => world.runtime.stats().inFlight === 2);
    const before = waitingIn(world.runtime);
    const accepted = { action: 'accept', content: { text: LONG } };
    const inputResponses = { input_1: accepted };
    const { requestState } = asked.result as { requestState: string };
    const answer = ann.call('ask', { q: 'Go?' }, { requestState, inputResponses });
    await eventually(() => waitingIn(world.runtime) > before + LONG.length);
    leaving.abort();
    expect(textOf(await answer)).toBe('Go?: accept');
    await eventually(() => waitingIn(world.runtime) === 0);
  });
});

describe('a list of tools that has to be known first', () => {
  it('is not waited for longer than a handshake may take', async () => {
    const { world, rig } = listing(() => new Promise(() => {}), { handshakeTimeoutMs: 1000 });
    const answer = (await world.client('ann')).call('any');
    await eventually(() => rig.asked === 1);
    for (let i = 0; i < 5; i++) await world.settle(1100);
    expect((await answer).error).toMatchObject({ data: { code: 'server-unavailable' } });
    // Whoever asked in vain is told so, and nothing is left of the asking.
    expect(rig.stopped).toBe(rig.asked);
    expect([world.runtime.stats().inFlight, waitingIn(world.runtime)]).toEqual([0, 0]);
  });

  it('is asked for again when it could not be read', async () => {
    let isBroken = true;
    const { world } = listing(() => {
      if (isBroken) throw new Error('broken');
      return [];
    });
    const ann = await world.client('ann');
    expect((await ann.call('any')).error).toMatchObject({ data: { code: 'server-unavailable' } });
    isBroken = false;
    expect(textOf(await ann.call('any', { a: 1 }))).toBe('{"a":1}');
  });

  it('an argument of a tool’s own is not taken for the session, in the first call either', async () => {
    const properties = { session: { type: 'string' } };
    const { world } = listing(() => [
      { name: 'book', inputSchema: { type: 'object', properties } },
    ]);
    const client = await world.client();
    const booked = [];
    for (let i = 0; i < 2; i++) booked.push(textOf(await client.call('book', { session: 'two' })));
    expect(booked).toEqual(['{"session":"two"}', '{"session":"two"}']);
    await world.settle();
    expect(world.runtime.stats().sessions.total).toBe(0);
  });
});
