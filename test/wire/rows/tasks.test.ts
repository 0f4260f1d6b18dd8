import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DoorKind, DOORS } from '../../support/door.ts';
import { type RawClient, request } from '../../support/rawClient.ts';
import type { Rpc } from '../../support/reply.ts';
import { type Rig, startRig } from '../../support/rig.ts';

/** A runtime all of whose servers share one store of tasks, as one process would. */
async function startTasks(kind: DoorKind): Promise<Rig> {
  const taskStore = new InMemoryTaskStore();
  onTestFinished(() => taskStore.cleanup());
  return startRig(kind, {
    server(session) {
      const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
      const server = new Server(
        { name: 'tasks', version: '1.0.0' },
        { ...session.serverOptions, capabilities: { tools: {}, tasks }, taskStore },
      );
      server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
        const task = await extra.taskStore!.createTask({ ttl: 60_000 });
        if (params.name === 'finish') {
          const content = [{ type: 'text', text: 'secret' }];
          await extra.taskStore!.storeTaskResult(task.taskId, 'completed', { content });
        }
        return { task };
      });
      return server;
    },
  });
}

async function startTask(client: RawClient, name: string): Promise<string> {
  const reply = await client.ask(request(1, 'tools/call', { name, arguments: {}, task: {} }));
  const { task } = reply.message.result as { task: { taskId: string } };
  return task.taskId;
}

async function ask(client: RawClient, method: string, params = {}): Promise<Rpc> {
  const reply = await client.ask(request(2, method, params));
  return reply.message;
}

const listed = ({ result }: Rpc): string[] =>
  (result as { tasks: { taskId: string }[] }).tasks.map(({ taskId }) => taskId);

describe.each(DOORS)('over %s', (kind) => {
  it.each([
    ['of another principal', { user: 'bob' }],
    ['of the same principal', { user: 'ann' }],
    ['without a principal', {}],
  ])('K1: a session %s sees, cancels and reads no task but its own', async (_whose, options) => {
    const rig = await startTasks(kind);
    const owner = await rig.connect({ user: 'ann' });
    const other = await rig.connect(options);
    const [working, finished] = [await startTask(owner, 'work'), await startTask(owner, 'finish')];
    const own = await startTask(other, 'work');
    for (const taskId of [working, finished]) {
      for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
        const unknown = await ask(other, method, { taskId: 'f'.repeat(32) });
        const foreign = await ask(other, method, { taskId });
        expect(foreign.error?.code).toBe(-32602);
        // Nothing tells a foreign task from one that never was.
        const text = JSON.stringify(unknown).replaceAll('f'.repeat(32), taskId);
        expect(JSON.stringify(foreign)).toBe(text);
      }
    }
    expect(listed(await ask(other, 'tasks/list'))).toEqual([own]);
    expect(listed(await ask(owner, 'tasks/list'))).toEqual([working, finished]);
  });

  it('K1: the owner gets, reads and cancels its tasks', async () => {
    const rig = await startTasks(kind);
    const owner = await rig.connect({ user: 'ann' });
    const [working, finished] = [await startTask(owner, 'work'), await startTask(owner, 'finish')];
    expect(await ask(owner, 'tasks/get', { taskId: working })).toMatchObject({
      result: { taskId: working, status: 'working' },
    });
    expect(await ask(owner, 'tasks/result', { taskId: finished })).toMatchObject({
      result: { content: [{ text: 'secret' }] },
    });
    expect(await ask(owner, 'tasks/cancel', { taskId: working })).toMatchObject({
      result: { taskId: working, status: 'cancelled' },
    });
  });

  it('K1: cancel of a terminal task is -32602', async () => {
    const rig = await startTasks(kind);
    const owner = await rig.connect({ user: 'ann' });
    const [working, finished] = [await startTask(owner, 'work'), await startTask(owner, 'finish')];
    await ask(owner, 'tasks/cancel', { taskId: working });
    for (const taskId of [working, finished]) {
      const { error } = await ask(owner, 'tasks/cancel', { taskId });
      expect(error?.code).toBe(-32602);
    }
  });

  it('K1: a task outlives its call but is nobody’s once its session is over', async () => {
    const rig = await startTasks(kind);
    const owner = await rig.connect({ user: 'ann' });
    const taskId = await startTask(owner, 'finish');
    await owner.delete();
    const again = await rig.connect({ user: 'ann' });
    const { error } = await ask(again, 'tasks/get', { taskId });
    expect(error?.code).toBe(-32602);
    expect(listed(await ask(again, 'tasks/list'))).toEqual([]);
  });
});
