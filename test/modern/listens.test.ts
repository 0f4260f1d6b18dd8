import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { ModernClient } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import type { Reply } from '../support/reply.ts';
import { WireClient } from '../support/wireClient.ts';

type Params = Readonly<Record<string, unknown>>;

const ID = 'io.modelcontextprotocol/subscriptionId';
const TOOLS = { toolsListChanged: true };
const CHANGED = 'notifications/tools/list_changed';

async function listen(client: ModernClient, notifications: Params, id = 'l'): Promise<Reply> {
  const reply = await client.send('subscriptions/listen', { notifications }, { id });
  return reply.until(({ messages }) => messages.length > 0);
}

const methodsOf = (reply: Reply): (string | undefined)[] =>
  reply.messages.map(({ method }) => method).slice(1);

describe('subscriptions/listen', () => {
  it('says first what it will say, and tags all of it', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const asked = { ...TOOLS, promptsListChanged: true, resourceSubscriptions: ['a:b', 'a:b', 7] };
    const stream = await listen(ann, asked, 'mine');
    expect(stream.message).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: {
        notifications: { ...TOOLS, resourceSubscriptions: ['a:b'] },
        _meta: { [ID]: 'mine' },
      },
    });
    world.servers[0]!.sendToolListChanged();
    await stream.until(({ messages }) => messages.length > 1);
    expect(stream.messages[1]).toMatchObject({
      method: CHANGED,
      params: { _meta: { [ID]: 'mine' } },
    });
  });

  it('ends at once where nothing of it can be said', async () => {
    const world = new ModernWorld();
    const stream = await (
      await listen(await world.client('ann'), { promptsListChanged: true })
    ).whole();
    expect(stream.messages.at(-1)).toMatchObject({ id: 'l', result: { resultType: 'complete' } });
    expect(world.runtime.stats().modern.listens).toBe(0);
  });

  it('M-L1: tells the changes of its own principal, and of its own session', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const own = await listen(ann, { ...TOOLS, resourceSubscriptions: ['a:b'] });
    const other = await listen(ann.as('bob'), { ...TOOLS, resourceSubscriptions: ['a:b'] });
    await world.servers[0]!.server.sendResourceUpdated({ uri: 'a:b' });
    await world.servers[0]!.server.sendResourceUpdated({ uri: 'c:d' });
    world.servers[0]!.sendToolListChanged();
    await own.until(({ messages }) => messages.length === 3);
    expect(methodsOf(own)).toEqual(['notifications/resources/updated', CHANGED]);
    expect(methodsOf(other)).toEqual([]);
  });

  it('runtime.notify reaches those who asked, of both eras', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const streams = [await listen(ann, TOOLS), await listen(ann.as('bob'), TOOLS)];
    const legacy = new WireClient(ann.door, { headers: { 'x-user': 'ann' } });
    await legacy.shake();
    const get = await legacy.get();
    world.runtime.notify('tools/list_changed', { principal: 'ann' });
    await streams[0]!.until(({ messages }) => messages.length === 2);
    await get.until(({ messages }) => messages.length === 1);
    expect(get.message.method).toBe(CHANGED);
    world.runtime.notify('tools/list_changed');
    await streams[1]!.until(({ messages }) => messages.length === 2);
    expect(methodsOf(streams[1]!)).toEqual([CHANGED]);
  });

  it('keeps its session, which may sleep; a client that left leaves nothing', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const stream = await listen(ann, TOOLS);
    await world.settle(2 * 60 * 60_000);
    expect(world.runtime.stats()).toMatchObject({
      sessions: { asleep: 1 },
      modern: { listens: 1 },
    });
    expect(stream.end).toBeUndefined();
    stream.leave();
    await eventually(() => world.runtime.stats().modern.listens === 0);
    await world.settle(2 * 60 * 60_000);
    expect(world.runtime.stats()).toMatchObject({ sessions: { total: 0 }, streams: 0 });
  });

  it('is capped for each principal and for all', async () => {
    const world = new ModernWorld({ modern: { maxListensPerPrincipal: 2, maxListens: 3 } });
    const ann = await world.client('ann');
    await listen(ann, TOOLS);
    await listen(ann, TOOLS);
    expect((await ann.send('subscriptions/listen', { notifications: TOOLS })).status).toBe(503);
    await listen(ann.as('bob'), TOOLS);
    expect(
      (await ann.as('eve').send('subscriptions/listen', { notifications: TOOLS })).status,
    ).toBe(503);
    expect(world.runtime.stats().limits).toMatchObject({
      maxListensPerPrincipal: 1,
      maxListens: 1,
    });
  });

  it('of anonymous callers have one share for all of them', async () => {
    const world = new ModernWorld({ modern: { maxListensAnonymous: 2 } });
    const client = await world.client();
    await listen(client, TOOLS);
    await listen(client, TOOLS);
    expect((await client.send('subscriptions/listen', { notifications: TOOLS })).status).toBe(503);
    await listen(client.as('ann'), TOOLS);
    expect(world.runtime.stats().limits).toEqual({ maxListensAnonymous: 1 });
  });

  it('follows each task once, and no more than 256', async () => {
    const world = new ModernWorld({ tasks: { mode: () => 'task' } });
    const ann = await world.client('ann');
    const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
    const { result } = await ann.call('hold', {}, {}, { capabilities });
    const id = String(result?.['taskId']);
    const followed = async (taskIds: unknown[]) => {
      const asked = { notifications: { taskIds } };
      const reply = await ann.send('subscriptions/listen', asked, { capabilities });
      await reply.until(({ messages }) => messages.length > 0);
      return reply.message.params?.['notifications'];
    };
    expect(await followed([id, id, 7, null, id])).toEqual({ taskIds: [id] });
    const others = Array.from({ length: 256 }, (_, i) => `other-${i}`);
    expect(await followed([...others, id])).toEqual({ taskIds: [] });
  });

  it('ends in order when the runtime drains', async () => {
    const world = new ModernWorld();
    const stream = await listen(await world.client('ann'), TOOLS);
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    await stream.whole();
    expect([stream.end, stream.messages.at(-1)?.id]).toEqual(['ended', 'l']);
    await world.settle(1000);
    await drained;
  });

  it('M-E1: refuses what is no filter', async () => {
    const world = new ModernWorld();
    const answer = await (
      await world.client('ann')
    ).ask('subscriptions/listen', { notifications: 7 });
    expect(answer.error).toMatchObject({ code: -32602 });
  });
});
