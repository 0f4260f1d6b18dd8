import { describe, expect, it, onTestFinished } from 'vitest';
import { ResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { DurableMemory } from '../support/durableMemory.ts';
import { openDoor } from '../support/door.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import type { Reply } from '../support/reply.ts';
import { sdkV1 } from '../support/sdkClients.ts';
import { sleep } from '../support/sleep.ts';
import { answerOf, WireClient } from '../support/wireClient.ts';

async function settle(world: FakeRuntime): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
  await world.clock.elapse(200);
  for (let i = 0; i < 8; i++) await turn();
}

/** A call that was answered with an error on its stream, which clients of the SDK come back for. */
async function failed(world: FakeRuntime, client: WireClient, words = 1): Promise<Reply> {
  const call = client.request('hold', {}, 1);
  await turn();
  const { server } = world;
  for (let n = 1; n <= words; n++) server.notify('notifications/message', { n }, 1);
  server.fail(1);
  await settle(world);
  return (await call).whole();
}

const resume = async (client: WireClient, id: string | undefined): Promise<unknown[]> => {
  const reply = await (await client.get({ 'last-event-id': id ?? '' })).whole();
  return [reply.status, reply.messages.length];
};

describe('R2: a client that comes back for a stream that is over', () => {
  it.each(['2025-11-25', '2025-06-18'])(
    'and has seen all of it gets 204, which ends its coming back (%s)',
    async (version) => {
      const world = new FakeRuntime();
      const client = await world.open(undefined, { version });
      const { ids } = await failed(world, client);
      expect(await resume(client, ids.at(-1))).toEqual([204, 0]);
      // Again and again, and no port is left over.
      expect(await resume(client, ids.at(-1))).toEqual([204, 0]);
      expect(world.runtime.stats().streams).toBe(0);
    },
  );

  it('gets what it has not seen, and then 204', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const { ids } = await failed(world, client, 3);
    const reply = await (await client.get({ 'last-event-id': ids.at(-3)! })).whole();
    expect(reply.ids).toEqual(ids.slice(-3));
    expect(answerOf(reply).error?.code).toBe(-32000);
    expect(await resume(client, reply.ids.at(-1))).toEqual([204, 0]);
  });

  it('gets 204 when its session sleeps in memory', async () => {
    const world = new FakeRuntime({ idleTimeoutMs: 1000 });
    const client = await world.open();
    const { ids } = await failed(world, client);
    await sleep(world, 2000);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    expect(await resume(client, ids.at(-1))).toEqual([204, 0]);
  });

  it('gets 204 when its session sleeps in a durable store, and after a restart', async () => {
    const store = new DurableMemory();
    const world = new FakeRuntime({ store, idleTimeoutMs: 1000 });
    const client = await world.open();
    const { ids } = await failed(world, client);
    await sleep(world, 2000);
    await settle(world);
    expect(world.runtime.residents()).toEqual([]);
    expect(await resume(client, ids.at(-1))).toEqual([204, 0]);
    const next = await WireClient.of(new FakeRuntime({ store }).runtime);
    next.id = client.id;
    expect(await resume(next, ids.at(-1))).toEqual([204, 0]);
  });

  it('waits with its end, as the first reader did, until the store has it', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await turn();
    world.server.notify('notifications/message', { n: 1 }, 1);
    await settle(world);
    const stream = await call;
    await stream.until(({ messages }) => messages.length === 1);
    const release = store.hold('write');
    world.server.answer(1, { done: true });
    await settle(world);
    stream.leave();
    const again = await client.get({ 'last-event-id': stream.ids[0]! });
    await settle(world);
    expect([again.messages.length, again.end]).toEqual([1, undefined]);
    release();
    expect(answerOf(await again.whole()).result).toEqual({ done: true });
  });

  it('is an SDK client after a JSON-RPC error: it comes back once', async () => {
    const world = new FakeRuntime({ responseMode: 'sse', sseRetryMs: 5 });
    const door = await openDoor('node http', world.runtime);
    onTestFinished(() => door.close());
    const statuses: number[] = [];
    const client = sdkV1();
    const transport = new StreamableHTTPClientTransport(new URL(`http://${door.host}/mcp`), {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (init?.method === 'GET') statuses.push(response.status);
        return response;
      },
    });
    await client.connect(transport);
    await eventually(() => statuses.length === 1);
    const call = client.request({ method: 'hold' }, ResultSchema);
    await eventually(() => world.server.methods.includes('hold'));
    world.server.fail(world.server.idOf('hold'));
    await expect(call).rejects.toThrow('refused');
    await eventually(() => statuses.length === 2);
    // Long enough to come back again: each of these waits for a line of its own.
    for (let i = 0; i < 20; i++) await client.request({ method: 'tools/list' }, ResultSchema);
    expect(statuses).toEqual([200, 204]);
  });
});
