import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RuntimeOptions, Session } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { eventually, turn } from '../support/eventually.ts';
import { HeldStore } from '../support/heldStore.ts';
import { textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';

interface State {
  count: number;
}

const MINUTE = 60_000;
const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

/** A world with one tool, which does what a test says. */
function worldOf(
  tool: (session: Session<State>, server: McpServer) => Promise<string>,
  options: Partial<RuntimeOptions<State>> = {},
): ModernWorld {
  return new ModernWorld({
    server(session) {
      const server = new McpServer({ name: 'one', version: '1' }, session.serverOptions);
      server.registerTool('do', { inputSchema: {} }, async () => text(await tool(session, server)));
      return server;
    },
    ...options,
  });
}

describe('a call whose client has left before its home was found', () => {
  it('M-C1: is never run', async () => {
    const store = new HeldStore();
    const world = new ModernWorld({ store });
    const ann = await world.client('ann');
    const release = store.hold('get');
    const leaving = new AbortController();
    const how = { signal: leaving.signal };
    const gone = ann.send('tools/call', { name: 'count', arguments: {} }, how);
    gone.catch(() => {});
    await eventually(() => world.runtime.stats().bytesIn.messages > 0);
    leaving.abort();
    for (let i = 0; i < 5; i++) await turn();
    release();
    await world.settle();
    expect(textOf(await ann.call('count'))).toBe('1');
  });
});

describe('a home that is over', () => {
  it('is not stored any more by a change of its state that ends later', async () => {
    const store = new DurableMemory();
    let go!: () => void;
    const world = worldOf(
      async (session) => {
        await session.update(async (state) => {
          await new Promise<void>((resolve) => (go = resolve));
          state.count++;
        });
        return 'changed';
      },
      { store },
    );
    const leaving = new AbortController();
    const how = { signal: leaving.signal };
    const call = (await world.client()).send('tools/call', { name: 'do', arguments: {} }, how);
    call.catch(() => {});
    await eventually(() => go !== undefined);
    leaving.abort();
    await eventually(() => world.runtime.stats().sessions.total === 0);
    go();
    await world.settle(1000);
    expect(await store.count()).toBe(0);
  });

  it('is told as a server that can not be started, and not as a session that is gone', async () => {
    const world = new ModernWorld({
      store: new DurableMemory(),
      state: () => {
        throw new Error('no state');
      },
    });
    const reply = await (await world.client('ann')).send('tools/list');
    const { error } = (await reply.whole()).message;
    expect([reply.status, error?.data?.['code']]).toEqual([200, 'server-unavailable']);
  });

  it('has no stream opened on it: its server had only said what it is', async () => {
    const world = new ModernWorld({
      server(session) {
        const server = new Server(
          { name: 'brief', version: '1' },
          { ...session.serverOptions, capabilities: { tools: { listChanged: true } } },
        );
        server.oninitialized = () => session.close();
        return server;
      },
    });
    const asked = { notifications: { toolsListChanged: true } };
    const { error } = await (await world.client('ann')).ask('subscriptions/listen', asked);
    expect(error).toMatchObject({ data: { code: 'server-unavailable' } });
    expect(world.runtime.stats()).toMatchObject({ streams: 0, modern: { listens: 0 } });
  });

  it('ends with the stream that was open on it, also where it had fallen asleep', async () => {
    const world = new ModernWorld({ modern: { scope: 'argument' } });
    const asked = { notifications: { toolsListChanged: true } };
    const stream = await (await world.client('ann')).send('subscriptions/listen', asked);
    await stream.until(({ messages }) => messages.length > 0);
    await world.settle(6 * MINUTE);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    stream.leave();
    await eventually(() => world.runtime.stats().modern.listens === 0);
    await world.settle(MINUTE);
    const { sessions, evicted } = world.runtime.stats();
    expect([sessions.total, sessions.asleep, evicted.terminated]).toEqual([0, 0, 1]);
  });

  it('is found anew where it has become a record while the tools of another were read', async () => {
    const held: (() => void)[] = [];
    let isHeld = false;
    const world = new ModernWorld({
      modern: { scope: ({ headers }) => headers['x-room'] as string | undefined },
      idleTimeoutMs: 1000,
      server(session) {
        const server = new McpServer({ name: 'rooms', version: '1' }, session.serverOptions);
        const inputSchema = {};
        server.registerTool('count', { inputSchema }, async () => {
          const { count } = await session.update((state) => void state.count++);
          return text(String(count));
        });
        server.registerTool('changed', { inputSchema }, () => {
          server.sendToolListChanged();
          return text('changed');
        });
        const { server: inner } = server;
        const list = innerHandlers(inner).get('tools/list')!;
        innerHandlers(inner).set('tools/list', async (...args) => {
          if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
          return list(...args);
        });
        return server;
      },
    });
    const ann = await world.client('ann');
    const inRoom = (room: string, name: string) =>
      ann.call(name, {}, {}, { headers: { 'x-room': room } });
    expect(textOf(await inRoom('red', 'count'))).toBe('1');
    await inRoom('red', 'changed');
    isHeld = true;
    const calls = [inRoom('blue', 'count'), inRoom('red', 'count')];
    await eventually(() => held.length === 1);
    isHeld = false;
    await world.settle(10_000);
    for (const release of held) release();
    expect((await Promise.all(calls)).map(textOf)).toEqual(['1', '2']);
    expect(textOf(await inRoom('red', 'count'))).toBe('3');
    const { sessions } = await world.runtime.list();
    expect(sessions).toHaveLength(2);
    expect(world.runtime.stats().sessions).toMatchObject({ total: 2, asleep: 0 });
  });
});

type Handler = (...args: unknown[]) => unknown;

/** The handlers of a server of the SDK, by their methods. */
function innerHandlers(server: Server): Map<string, Handler> {
  return Reflect.get(server, '_requestHandlers') as Map<string, Handler>;
}
