import { McpServer } from '../support/eitherSdk.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DurableMemory } from '../support/durableMemory.ts';
import { ForgetfulMemory } from '../support/forgetfulMemory.ts';
import { ALL, type ModernAsk, type ModernClient } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import type { Rpc } from '../support/reply.ts';

const KNOWS: ModernAsk = {
  capabilities: { ...ALL, extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
const HOUR = 3_600_000;

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

/** Servers with a tool that ends when it is told, in a process that shares a store with others. */
function processOf(store: DurableMemory, more: object = {}) {
  const told = new Map<string, () => void>();
  const rig = new ModernWorld({
    store,
    tasks: { mode: () => 'task' },
    server(session) {
      const server = new McpServer({ name: 'tasks', version: '1' }, session.serverOptions);
      server.registerTool('work', { inputSchema: { name: z.string() } }, async ({ name }) => {
        await new Promise<void>((resolve) => told.set(name, resolve));
        return text(name);
      });
      return server;
    },
    ...more,
  });
  return { rig, told };
}

const work = (client: ModernClient, name: string): Promise<Rpc> =>
  client.call('work', { name }, {}, KNOWS);
const get = (client: ModernClient, taskId: unknown): Promise<Rpc> =>
  client.ask('tasks/get', { taskId }, KNOWS);
const idOf = ({ result }: Rpc): string => String(result?.['taskId']);

describe('a task in a durable store', () => {
  it('is stored before its client hears of it, and its outcome before anybody does', async () => {
    const store = new DurableMemory();
    const { rig, told } = processOf(store);
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    const tasks = store.part('tasks');
    expect(await tasks.get(id)).toMatchObject({ principal: 'ann', state: { status: 'working' } });
    await rig.settle();
    told.get('a')!();
    await rig.settle();
    expect((await get(ann, id)).result).toMatchObject({ status: 'completed' });
    expect(await tasks.get(id)).toMatchObject({ state: { status: 'completed' } });
  });

  it('finished, is answered by the next process, and to its own principal alone', async () => {
    const store = new DurableMemory();
    const { rig, told: ends } = processOf(store);
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    await rig.settle();
    ends.get('a')!();
    await rig.settle();
    const before = await get(ann, id);
    const next = processOf(store).rig;
    next.clock.advance(rig.clock.now() - next.clock.now());
    const [again, bob] = [await next.client('ann'), await next.client('bob')];
    // No server has said in this process what it is.
    const { _meta, ...told } = before.result!;
    expect((await get(again, id)).result).toMatchObject(told);
    expect((await get(bob, id)).error).toMatchObject({ code: -32602 });
    expect((await get(again, 'unknown')).error).toMatchObject({ code: -32602 });
    const ended = await again.ask('tasks/cancel', { taskId: id }, KNOWS);
    expect(ended.result).toMatchObject({ resultType: 'complete' });
  });

  it('is given again to a store that has lost it', async () => {
    const store = new ForgetfulMemory();
    const { rig, told } = processOf(store);
    const ann = await rig.client('ann');
    const ids = [idOf(await work(ann, 'a')), idOf(await work(ann, 'b'))];
    await rig.settle();
    told.get('a')!();
    await rig.settle();
    const tasks = store.part('tasks');
    await tasks.forget();
    await rig.settle();
    const states = await Promise.all(ids.map(async (id) => (await tasks.get(id))?.state));
    expect(states).toMatchObject([{ status: 'completed' }, { status: 'working' }]);
  });

  it('that ran when its process was killed has failed, and is never run again', async () => {
    const store = new DurableMemory();
    const { rig } = processOf(store);
    const id = idOf(await work(await rig.client('ann'), 'a'));
    const { rig: next, told } = processOf(store);
    const ann = await next.client('ann');
    for (let i = 0; i < 2; i++) {
      expect((await get(ann, id)).result).toMatchObject({
        status: 'failed',
        error: { code: -32603, data: { code: 'session-restarted' } },
      });
    }
    expect([...told.keys()]).toEqual([]);
  });

  it('stays a call where the store fails', async () => {
    const store = new DurableMemory();
    const { rig, told } = processOf(store);
    const ann = await rig.client('ann');
    store.part('tasks').trouble = 'fails';
    const answer = work(ann, 'a');
    await rig.settle();
    told.get('a')!();
    expect((await answer).result).toMatchObject({
      resultType: 'complete',
      content: [{ text: 'a' }],
    });
    expect(rig.runtime.stats().modern).toMatchObject({ tasks: 0, tasksRunning: 0 });
    // And is not stored later: nobody was ever told of a task.
    store.part('tasks').trouble = undefined;
    await rig.settle(10_000);
    expect(await store.part('tasks').count()).toBe(0);
  });

  it('stays a call where the handler is done before the store', async () => {
    const store = new DurableMemory();
    const { rig, told } = processOf(store);
    const ann = await rig.client('ann');
    await rig.settle();
    store.part('tasks').trouble = 'hangs';
    const answer = work(ann, 'a');
    await rig.settle();
    expect(rig.runtime.calls()).toEqual([]);
    told.get('a')!();
    expect((await answer).result).toMatchObject({ resultType: 'complete' });
    store.part('tasks').trouble = undefined;
    await rig.settle(30_000);
    expect(rig.runtime.stats().modern).toMatchObject({ tasks: 0, tasksRunning: 0 });
  });

  it('whose outcome can not be stored is told all the same', async () => {
    const store = new DurableMemory();
    const { rig, told } = processOf(store);
    const failed = rig.record('store.failed');
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    store.part('tasks').trouble = 'fails';
    await rig.settle();
    told.get('a')!();
    await rig.settle();
    expect((await get(ann, id)).result).toMatchObject({ status: 'completed' });
    expect(failed).toMatchObject([{ doing: 'put' }]);
    // And stored as soon as that can be.
    store.part('tasks').trouble = undefined;
    await rig.settle(3000);
    expect(await store.part('tasks').get(id)).toMatchObject({ state: { status: 'completed' } });
  });

  it('is not taken for unknown while the store can not be read', async () => {
    const store = new DurableMemory();
    const { rig } = processOf(store);
    const id = idOf(await work(await rig.client('ann'), 'a'));
    const ann = await processOf(store).rig.client('ann');
    store.part('tasks').trouble = 'fails';
    const reply = await ann.send('tasks/get', { taskId: id }, KNOWS);
    expect([reply.status, (await reply.whole()).message.error?.data]).toMatchObject([
      503,
      { code: 'store-unavailable' },
    ]);
    store.part('tasks').trouble = undefined;
    expect((await get(ann, id)).result).toMatchObject({ status: 'failed' });
  });

  it('that is forgotten for want of room is forgotten by the store as well', async () => {
    const store = new DurableMemory();
    const { rig, told } = processOf(store, { tasks: { mode: () => 'task', maxKeptBytes: 1500 } });
    const ann = await rig.client('ann');
    const [a, b] = [idOf(await work(ann, 'a')), idOf(await work(ann, 'b'))];
    await rig.settle();
    for (const name of ['a', 'b']) {
      told.get(name)!();
      await rig.settle();
    }
    await rig.settle(1000);
    expect((await get(ann, a)).error).toMatchObject({ code: -32602 });
    expect((await get(ann, b)).result).toMatchObject({ status: 'completed' });
    expect(await store.part('tasks').count()).toBe(1);
    expect(rig.runtime.stats().limits).toMatchObject({ maxKeptBytes: 1 });
  });

  it('that takes more room than there is leaves nothing in the store', async () => {
    const store = new DurableMemory();
    const { rig, told } = processOf(store, { tasks: { mode: () => 'task', maxKeptBytes: 10 } });
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    await rig.settle();
    told.get('a')!();
    await rig.settle(1000);
    expect(rig.runtime.calls()).toEqual([]);
    expect((await get(ann, id)).error).toMatchObject({ code: -32602 });
    expect(await store.part('tasks').count()).toBe(0);
  });

  it.each(['in the same process', 'in the next one'])(
    'is gone from the store when its time is up, %s',
    async (where) => {
      const store = new DurableMemory();
      const { rig, told } = processOf(store);
      const ann = await rig.client('ann');
      const id = idOf(await work(ann, 'a'));
      await rig.settle();
      told.get('a')!();
      await rig.settle(1000);
      const { rig: last } = where === 'in the next one' ? processOf(store) : { rig };
      await last.settle(HOUR + 2 * 60_000);
      await last.settle(60_000);
      expect(await store.part('tasks').get(id)).toBeUndefined();
      expect((await get(await last.client('ann'), id)).error).toMatchObject({ code: -32602 });
    },
  );
});

describe('a parked call and a durable store', () => {
  it('is lost with its process, and its client gets the one clear answer', async () => {
    const store = new DurableMemory();
    const asking = await new ModernWorld({ store }).client('ann');
    const { result } = await asking.call('ask', { q: 'Sure?' });
    const answers = { inputResponses: { input_1: { action: 'accept', content: { ok: true } } } };
    const retry = { ...answers, requestState: result?.['requestState'] };
    const next = await new ModernWorld({ store }).client('ann');
    const lost = await next.call('ask', { q: 'Sure?' }, retry);
    expect(lost.result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('Call the tool again') as string }],
    });
    // Without the store, the token is nothing that anybody knows.
    const stranger = await new ModernWorld().client('ann');
    expect((await stranger.call('ask', { q: 'Sure?' }, retry)).error).toMatchObject({
      code: -32602,
    });
  });

  it('a store that can not be read leaves a secret of the process alone', async () => {
    const store = new DurableMemory();
    store.part('secrets').trouble = 'fails';
    const world = new ModernWorld({ store });
    const failed = world.record('store.failed');
    const ann = await world.client('ann');
    const { result } = await ann.call('ask', { q: 'Sure?' });
    expect(failed).toMatchObject([{ doing: 'open' }]);
    const retry = {
      inputResponses: { input_1: { action: 'accept', content: { ok: true } } },
      requestState: result?.['requestState'],
    };
    const done = await ann.call('ask', { q: 'Sure?' }, retry);
    expect(done.result).toMatchObject({ content: [{ text: 'Sure?: accept' }] });
  });

  it('a store that hangs holds requests up no longer than storeTimeoutMs', async () => {
    const store = new DurableMemory();
    store.part('secrets').trouble = 'hangs';
    const world = new ModernWorld({ store, storeTimeoutMs: 1000 });
    const asked = (await world.client('ann')).call('who');
    await world.settle();
    // What waits is counted, and is so no more once it waits no more.
    expect(world.runtime.stats().bytesIn.messages).toBeGreaterThan(0);
    await world.settle(1100);
    expect(world.runtime.stats().bytesIn.messages).toBe(0);
    expect((await asked).result).toMatchObject({ content: [{ text: 'ann modern ann' }] });
  });
});
