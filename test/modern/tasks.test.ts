import { McpServer } from '../support/eitherSdk.ts';
import type { TaskOptions } from 'mcp-actors/modern';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collect } from '../support/garbage.ts';
import { ALL, type ModernAsk, type ModernClient } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import type { Rpc } from '../support/reply.ts';

const KNOWS: ModernAsk = {
  capabilities: { ...ALL, extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
const FORM = { type: 'object' as const, properties: {} };
const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

const work = (client: ModernClient, name: string, how: ModernAsk = KNOWS): Promise<Rpc> =>
  client.call('work', { name }, {}, how);
const get = async (client: ModernClient, taskId: unknown): Promise<Rpc> =>
  client.ask('tasks/get', { taskId }, KNOWS);
/** Servers with one tool that does what it is told, when it is told. */
function world(tasks: TaskOptions = {}, more: object = {}) {
  const told = new Map<string, (how: 'answer' | 'fail' | 'throw') => void>();
  const stopped: string[] = [];
  const rig = new ModernWorld({
    tasks,
    server(session) {
      const server = new McpServer({ name: 'tasks', version: '1' }, session.serverOptions);
      server.registerTool(
        'work',
        { inputSchema: { name: z.string() } },
        async ({ name }, extra) => {
          extra.signal.addEventListener('abort', () => stopped.push(name));
          if (name.startsWith('asks')) {
            const { action } = await server.server.elicitInput({
              message: name,
              requestedSchema: FORM,
            });
            return text(action);
          }
          const how = await new Promise<string>((resolve) => told.set(name, resolve));
          await extra.sendNotification({
            method: 'notifications/progress',
            params: { progressToken: 1, progress: 1, total: 2 },
          });
          if (how === 'throw') throw new Error('broken');
          return how === 'fail' ? { ...text(name), isError: true } : text(name);
        },
      );
      return server;
    },
    ...more,
  });
  return { rig, told, stopped };
}

const idOf = ({ result }: Rpc): string => String(result?.['taskId']);

describe('a call that lasts', () => {
  it('leaves its place of concurrency to others while it asks', async () => {
    const { rig, told } = world({ mode: () => 'task' }, { concurrency: 1 });
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'asks'));
    await rig.settle();
    expect((await get(ann, id)).result).toMatchObject({ status: 'input_required' });
    const other = work(ann, 'other', {});
    await rig.settle();
    const inputResponses = { input_1: { action: 'accept', content: {} } };
    await ann.ask('tasks/update', { taskId: id, inputResponses }, KNOWS);
    await rig.settle();
    // There is no place for the answer yet.
    expect((await get(ann, id)).result).toMatchObject({ status: 'working' });
    told.get('other')!('answer');
    expect((await other).result).toMatchObject({ content: [{ text: 'other' }] });
    await rig.settle();
    expect((await get(ann, id)).result).toMatchObject({ status: 'completed' });
  });

  it('becomes a task for a client that knows tasks, and is fetched when it is done', async () => {
    const { rig, told } = world({ afterMs: 1000 });
    const ann = await rig.client('ann');
    const answer = work(ann, 'a');
    await rig.settle(1100);
    const created = await answer;
    expect(created.result).toMatchObject({
      resultType: 'task',
      status: 'working',
      ttlMs: 3_600_000,
    });
    expect(rig.runtime.calls()).toMatchObject([{ name: 'work', state: 'task.working' }]);
    told.get('a')!('answer');
    await rig.settle();
    expect(rig.runtime.calls()).toMatchObject([{ name: 'work', state: 'kept' }]);
    const done = await get(ann, idOf(created));
    expect(done.result).toMatchObject({
      resultType: 'complete',
      status: 'completed',
      statusMessage: '1/2',
      result: { resultType: 'complete', content: [{ text: 'a' }] },
    });
    expect(rig.runtime.stats()).toMatchObject({
      inFlight: 0,
      modern: { tasks: 1, tasksRunning: 0 },
    });
  });

  it('stays a call for one that does not, and where it is quick', async () => {
    const { rig, told } = world({ afterMs: 1000 });
    const ann = await rig.client('ann');
    const [plain, quick] = [work(ann, 'plain', {}), work(ann, 'quick')];
    await rig.settle();
    told.get('quick')!('answer');
    expect((await quick).result).toMatchObject({ content: [{ text: 'quick' }] });
    await rig.settle(60_000);
    told.get('plain')!('answer');
    expect((await plain).result).toMatchObject({ content: [{ text: 'plain' }] });
    expect(rig.runtime.stats().modern.tasks).toBe(0);
  });

  it('says how it failed: a tool that fails has a result, a protocol error is an error', async () => {
    const { rig, told } = world({ mode: () => 'task' });
    const ann = await rig.client('ann');
    const ids = [idOf(await work(ann, 'a')), idOf(await work(ann, 'b'))];
    await rig.settle();
    told.get('a')!('fail');
    told.get('b')!('throw');
    await rig.settle();
    const [failed, thrown] = [await get(ann, ids[0]), await get(ann, ids[1])];
    expect(failed.result).toMatchObject({ status: 'completed', result: { isError: true } });
    // McpServer makes a tool error of what a handler throws.
    expect(thrown.result).toMatchObject({ status: 'completed', result: { isError: true } });
    await rig.servers[0]?.close();
  });

  it('asks by its task, and goes on with what the update brings', async () => {
    const { rig } = world({ mode: () => 'task' });
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'asks'));
    await rig.settle();
    const waiting = await get(ann, id);
    expect(waiting.result).toMatchObject({
      status: 'input_required',
      inputRequests: { input_1: { method: 'elicitation/create' } },
    });
    const update = (inputResponses: object) =>
      ann.ask('tasks/update', { taskId: id, inputResponses }, KNOWS);
    await update({ other: { action: 'accept' } });
    expect((await get(ann, id)).result).toMatchObject({ status: 'input_required' });
    expect((await update({ input_1: { action: 'decline' } })).result).toMatchObject({
      resultType: 'complete',
    });
    await rig.settle();
    expect((await get(ann, id)).result).toMatchObject({
      status: 'completed',
      result: { content: [{ text: 'decline' }] },
    });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['gives a promise', () => Promise.reject(new Error('broken')) as never],
  ])('a function for the mode that %s ends the request, and nothing else', async (_, broken) => {
    let mode: TaskOptions['mode'] = broken;
    const { rig } = world({ mode: (name) => mode!(name) });
    const failed = rig.record('endpoint.failed');
    const ann = await rig.client('ann');
    expect((await work(ann, 'asks')).error).toMatchObject({ code: -32603 });
    mode = () => 'call';
    const { requestState } = (await work(ann, 'asks')).result as { requestState: string };
    mode = broken;
    const inputResponses = { input_1: { action: 'accept', content: {} } };
    const retry = () => ann.call('work', { name: 'asks' }, { requestState, inputResponses }, KNOWS);
    expect((await retry()).error).toMatchObject({ code: -32603 });
    // The token is good for as long as the call waits.
    mode = () => 'call';
    expect((await retry()).result).toMatchObject({ content: [{ text: 'accept' }] });
    expect(failed).toHaveLength(2);
    await rig.settle();
    expect(rig.runtime.stats()).toMatchObject({ inFlight: 0, bytesIn: { messages: 0 } });
  });

  it('M-T3: is cancelled once and for good, and its handler is stopped', async () => {
    const { rig, told, stopped } = world({ mode: () => 'task' });
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    await rig.settle();
    for (let i = 0; i < 2; i++) await ann.ask('tasks/cancel', { taskId: id }, KNOWS);
    told.get('a')!('answer');
    await rig.settle();
    expect((await get(ann, id)).result).toMatchObject({ status: 'cancelled' });
    expect(stopped).toEqual(['a']);
    await ann.ask('tasks/update', { taskId: id, inputResponses: {} }, KNOWS);
    expect((await get(ann, id)).result).toMatchObject({ status: 'cancelled' });
  });

  it('M-T1: is unknown to others, with the same bytes as one that never was', async () => {
    const { rig } = world({ mode: () => 'task' });
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    const texts = new Set<string>();
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      for (const [who, taskId] of [
        ['bob', id],
        ['ann', 'forged'],
        [undefined, id],
      ] as const) {
        const { error } = await ann.as(who).ask(method, { taskId }, { ...KNOWS, user: who });
        texts.add(JSON.stringify(error));
      }
    }
    expect(texts).toEqual(
      new Set([
        JSON.stringify({ code: -32602, message: 'Unknown task', data: { code: 'task-unknown' } }),
      ]),
    );
  });

  it('is refused to clients that do not know tasks, where it must be one', async () => {
    const { rig } = world({ mode: () => 'required' });
    const ann = await rig.client('ann');
    const reply = await ann.send('tools/call', { name: 'work', arguments: { name: 'a' } });
    expect([reply.status, (await reply.whole()).message.error?.code]).toEqual([400, -32021]);
    const status = (await ann.send('tasks/get', { taskId: 'x' })).status;
    expect(status).toBe(400);
    expect((await work(ann, 'a')).result).toMatchObject({ resultType: 'task' });
  });

  it('M-T5: is capped for each principal: beyond, a call stays a call', async () => {
    const { rig, told } = world({ mode: () => 'task', maxTasksPerPrincipal: 2 });
    const ann = await rig.client('ann');
    await work(ann, 'a');
    await work(ann, 'b');
    const third = work(ann, 'c');
    await rig.settle();
    told.get('c')!('answer');
    expect((await third).result).toMatchObject({ resultType: 'complete' });
    expect(rig.runtime.stats().limits).toMatchObject({ maxTasksPerPrincipal: 1 });
  });

  it('is forgotten when its time is up, and the oldest outcomes when there are too many', async () => {
    const { rig, told } = world({
      mode: () => 'task',
      ttlMs: 60_000,
      // Each outcome takes something over 1 KiB.
      maxKeptBytes: 3300,
    });
    const ann = await rig.client('ann');
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      ids.push(idOf(await work(ann, name)));
      await rig.settle();
      told.get(name)!('answer');
      await rig.settle();
    }
    expect((await get(ann, ids[0])).error?.data).toMatchObject({ code: 'task-unknown' });
    expect((await get(ann, ids[3])).result).toMatchObject({ status: 'completed' });
    const running = idOf(await work(ann, 'e'));
    await rig.settle(61_000);
    for (const id of [ids[3], running]) expect((await get(ann, id)).error).toBeDefined();
    expect(rig.runtime.stats()).toMatchObject({ inFlight: 0, modern: { tasksRunning: 0 } });
  });

  it('of anonymous callers have one share for all of them', async () => {
    const { rig, told } = world({ mode: () => 'task', maxTasksAnonymous: 2 });
    const client = await rig.client();
    await work(client, 'a');
    await work(client, 'b');
    const third = work(client, 'c');
    await rig.settle();
    told.get('c')!('answer');
    expect((await third).result).toMatchObject({ resultType: 'complete' });
    expect((await work(client.as('ann'), 'd')).result).toMatchObject({ resultType: 'task' });
    expect(rig.runtime.stats().limits).toEqual({ maxTasksAnonymous: 1 });
  });

  it('holds nothing but its outcome when it is over', async () => {
    const { rig, told } = world({ mode: () => 'task' });
    const ann = await rig.client('ann');
    const round = async (name: string): Promise<void> => {
      const more = { _meta: { padding: 'x'.repeat(400_000) } };
      await ann.ask(
        'tools/call',
        { name: 'work', arguments: { name }, ...more },
        {
          ...KNOWS,
          meta: more._meta,
        },
      );
      await rig.settle();
      told.get(name)!('answer');
      told.delete(name);
      await rig.settle();
    };
    await round('first');
    await collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 40; i++) await round(`n${i}`);
    await collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
    expect(rig.runtime.calls().map(({ state }) => state)).toEqual(Array(41).fill('kept'));
  });

  it('M-T4: tells its changes to its own listener', async () => {
    const { rig, told } = world({ mode: () => 'task' });
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    const stream = await ann.send(
      'subscriptions/listen',
      { notifications: { taskIds: [id, 'x'] } },
      KNOWS,
    );
    const foreign = await ann
      .as('bob')
      .send('subscriptions/listen', { notifications: { taskIds: [id] } }, KNOWS);
    await stream.until(({ messages }) => messages.length > 0);
    expect(stream.message.params?.['notifications']).toEqual({ taskIds: [id] });
    await foreign.until(({ messages }) => messages.length > 0);
    expect(foreign.message.params?.['notifications']).toEqual({ taskIds: [] });
    told.get('a')!('answer');
    await stream.until(({ messages }) => messages.length > 2);
    expect(stream.messages.at(-1)).toMatchObject({
      method: 'notifications/tasks',
      params: { taskId: id, status: 'completed' },
    });
    expect(foreign.messages).toHaveLength(1);
  });

  it('keeps its session awake while it runs, and fails with it', async () => {
    const { rig } = world({ mode: () => 'task' });
    const ann = await rig.client('ann');
    const id = idOf(await work(ann, 'a'));
    await rig.settle(20 * 60_000);
    expect(rig.runtime.stats().sessions.active).toBe(1);
    const evicted = rig.runtime.evictPrincipal('ann');
    await rig.settle(10_000);
    await evicted;
    expect((await get(ann, id)).result).toMatchObject({
      status: 'failed',
      error: { data: { code: 'session-ended' } },
    });
  });
});
