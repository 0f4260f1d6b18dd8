import { compileFunction } from 'node:vm';
import { transformSync } from 'esbuild';
import * as library from 'mcp-actors';
import { type RuntimeOptions, type Session, sessionLocal } from 'mcp-actors';
import { nodeHandler } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { Page } from '../support/markdown.ts';
import { MINUTE } from '../support/sleep.ts';
import { WireClient } from '../support/wireClient.ts';

type Tools = Readonly<Record<string, (session: Session, argument: string) => unknown>>;

/** A process on a store: its sessions answer `x` with what the tool of that name returns. */
function start(store: DurableMemory | undefined, tools: Tools): FakeRuntime {
  const server: RuntimeOptions<unknown>['server'] = (session) =>
    world.serve((message, fake) => {
      const tool = isRequest(message) ? tools[message.method] : undefined;
      if (tool === undefined || !isRequest(message)) return false;
      const argument = (message.params?.['id'] ?? '') as string;
      void (async () => fake.answer(message.id, { saw: await tool(session, argument) }))();
      return true;
    });
  const world: FakeRuntime = new FakeRuntime({
    ...(store !== undefined && { store }),
    state: () => ({ count: 0 }),
    server,
  });
  return world;
}

const saw = async (client: WireClient, tool: string, id = ''): Promise<unknown> =>
  (await client.call(tool, { id })).result?.['saw'];

async function count(session: Session): Promise<unknown> {
  const next = await session.update((state) => ({ count: (state as { count: number }).count + 1 }));
  return (next as { count: number }).count;
}

async function drain(world: FakeRuntime): Promise<library.DrainReport> {
  const drained = world.runtime.drain({ deadlineMs: 1000 });
  for (let i = 0; i < 10; i++) await turn();
  await world.clock.elapse(1000);
  const report = await drained;
  await world.runtime.close();
  return report;
}

/** The client of a process that ended, at the next one. */
async function moved(client: WireClient, to: FakeRuntime): Promise<WireClient> {
  const next = await WireClient.of(to.runtime);
  next.id = client.id;
  return next;
}

/** Everything the process is warned of from here on. */
function warnings(): string[] {
  const heard: string[] = [];
  const hear = ({ name, message }: Error): unknown =>
    name === 'SessionUnstorable' && heard.push(message);
  process.on('warning', hear);
  onTestFinished(() => void process.off('warning', hear));
  return heard;
}

function remembering(): Tools {
  const created = sessionLocal(() => new Set<string>());
  return {
    count,
    remember: (_, id) => [...created.get().add(id)],
    forget: () => created.set(new Set()),
  };
}

describe('U1: a session local without a name, beside a durable store', () => {
  it('is lost with its process, and nothing else of its session', async () => {
    const store = new DurableMemory();
    const tools = remembering();
    const first = start(store, tools);
    const lost = first.record('session.unstorable');
    const client = await first.open();
    expect(await saw(client, 'remember', 'a')).toEqual(['a']);
    expect(await saw(client, 'remember', 'b')).toEqual(['a', 'b']);
    await saw(client, 'forget');
    expect(await saw(client, 'count')).toBe(1);
    const { key } = first.runtime.residents()[0]!;
    const here = new RegExp(String.raw`unstorable\.test\.ts:\d+:\d+$`);
    // Once for the session, at its first use.
    expect(lost).toEqual([
      { session: key, what: 'nameless', local: expect.stringMatching(here) as string },
    ]);
    expect(first.runtime.stats().unstorable).toEqual({ state: 0, local: 0, nameless: 1, actor: 0 });
    expect(await drain(first)).toMatchObject({ sessions: 1, kept: 1, incomplete: 1, cut: 0 });

    const second = start(store, tools);
    const again = await moved(client, second);
    expect(await saw(again, 'count')).toBe(2);
    expect(await saw(again, 'remember', 'c')).toEqual(['c']);
    expect(second.runtime.residents()[0]?.key).toBe(key);
  });

  it('is announced for each session, and before the answer of its first call', async () => {
    const world = start(new DurableMemory(), remembering());
    const lost = world.record('session.unstorable');
    const [ann, bob] = [await world.open(), await world.open()];
    await saw(ann, 'remember', 'a');
    expect(lost).toHaveLength(1);
    await saw(bob, 'forget');
    expect(lost).toHaveLength(2);
  });

  it('keeps its session awake: it is not lost while its process lives', async () => {
    const world = start(new DurableMemory(), remembering());
    const client = await world.open();
    await saw(client, 'remember', 'a');
    await world.clock.elapse(20 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({ pinned: { state: 1 }, slept: 0 });
    expect(await saw(client, 'remember', 'b')).toEqual(['a', 'b']);
  });

  it('keeps a session in this process that can be stored no longer while it sleeps', async () => {
    const left: (() => void)[] = [];
    const world = start(new DurableMemory(), {
      leave: (session) =>
        left.push(() => void session.update(() => ({ count: 0, socket: () => {} }))),
    });
    const lost = world.record('session.unstorable');
    const client = await world.open();
    const get = await client.get();
    await saw(client, 'leave');
    await world.clock.elapse(6 * MINUTE);
    await eventually(() => world.runtime.stats().sessions.asleep === 1);
    left[0]!();
    await turn();
    await world.clock.elapse(1000);
    await eventually(() => lost.length === 1);
    get.leave();
    await turn();
    await world.clock.elapse(MINUTE);
    // Its record is gone from the store: without its actor, the session would be too.
    expect(world.runtime.residents()).toHaveLength(1);
    expect((await client.request('tools/list')).status).toBe(200);
  });

  it('in memory sleeps by reference, and nothing is announced', async () => {
    const world = start(undefined, remembering());
    const lost = world.record('session.unstorable');
    const client = await world.open();
    await saw(client, 'remember', 'a');
    await world.clock.elapse(6 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({ slept: 1, unstorable: { nameless: 0 } });
    expect(await saw(client, 'remember', 'b')).toEqual(['a', 'b']);
    expect(lost).toEqual([]);
  });
});

it('two session locals of one name are one: neither is lost, in memory nor in a store', async () => {
  const one = sessionLocal(() => [] as string[], { name: 'one' });
  const again = sessionLocal(() => ['never made'], { name: 'one' });
  const tools: Tools = {
    one: (_, id) => one.get().push(id),
    again: () => [...again.get()],
  };
  for (const store of [undefined, new DurableMemory()]) {
    const first = start(store, tools);
    const client = await first.open();
    await saw(client, 'one', 'a');
    expect(await saw(client, 'again')).toEqual(['a']);
    if (store === undefined) continue;
    const second = start(store, tools);
    expect(await saw(await moved(client, second), 'again')).toEqual(['a']);
  }
});

describe('what else a durable store can not keep', () => {
  it('a named local that is not plain data: the others are kept', async () => {
    const store = new DurableMemory();
    const socket = sessionLocal(() => ({ close() {} }), { name: 'socket' });
    const seen = sessionLocal(() => [] as string[], { name: 'seen' });
    const tools: Tools = {
      open: () => typeof socket.get().close,
      see: (_, id) => (seen.get().push(id), [...seen.get()]),
    };
    const first = start(store, tools);
    const lost = first.record('session.unstorable');
    const client = await first.open();
    await saw(client, 'see', 'a');
    expect(await saw(client, 'open')).toBe('function');
    await saw(client, 'open');
    expect(lost).toMatchObject([{ what: 'local', local: 'socket' }]);
    expect(await drain(first)).toMatchObject({ kept: 1, incomplete: 1 });
    const second = start(store, tools);
    const again = await moved(client, second);
    expect(await saw(again, 'see', 'b')).toEqual(['a', 'b']);
    expect(await saw(again, 'open')).toBe('function');
  });

  it('a state that is not plain data: the session ends with its process, and is not counted', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store, state: () => ({ socket: () => {} }) });
    const lost = first.record('session.unstorable');
    const client = await first.open();
    expect(lost).toMatchObject([{ what: 'state', local: undefined }]);
    expect(await drain(first)).toMatchObject({ sessions: 1, kept: 0, incomplete: 0 });
    const second = new FakeRuntime({ store });
    expect((await (await moved(client, second)).request('tools/list')).status).toBe(404);
  });

  it('warns once of each local, whatever the number of sessions, and says how to mend it', async () => {
    const heard = warnings();
    const created = sessionLocal(() => new Set<string>());
    const page = sessionLocal(() => ({ close() {} }), { name: 'page' });
    const world = start(new DurableMemory(), {
      use: () => [created.get().size, typeof page.get()],
    });
    nodeHandler(world.runtime, { contain: false });
    nodeHandler(world.runtime);
    for (let i = 0; i < 3; i++) await saw(await world.open(), 'use');
    await eventually(() => heard.length === 2);
    expect(heard[0]).toMatch(
      /unstorable\.test\.ts:\d+:\d+ has no name.*sessionLocal\(init, \{ name \}\)/,
    );
    expect(heard[1]).toMatch(/"page" is not plain data.*session\.own/);
    const stateless = new FakeRuntime({ store: new DurableMemory(), state: () => () => {} });
    nodeHandler(stateless.runtime);
    await stateless.open();
    await stateless.open();
    await eventually(() => heard.length === 3);
    expect(heard[2]).toMatch(/session\.state is not plain data.*state\.encode/);
    await world.runtime.close();
  });
});

describe.each(['README.md', 'docs/sessions.md'])('the session local of %s', (path) => {
  it('U1: survives the process', async () => {
    const { blocks } = new Page(new URL('../../', import.meta.url), path);
    const { text } = blocks.find((block) => block.text.includes('sessionLocal('))!;
    const tools = { remember: (_: unknown, id: string) => void write(id), read: () => undefined };
    const { code } = transformSync(text, { loader: 'ts', format: 'cjs' });
    const locals: library.SessionLocal<Set<string>>[] = [];
    const watched = {
      ...library,
      sessionLocal: (...made: Parameters<typeof sessionLocal<Set<string>>>) =>
        locals[locals.push(sessionLocal(...made)) - 1],
    };
    const module = { exports: {} as Record<string, (id: string) => unknown> };
    compileFunction(code, ['module', 'require'])(module, () => watched);
    const write = module.exports['remember'] ?? module.exports['create']!;

    const store = new DurableMemory();
    const first = start(store, tools);
    const lost = first.record('session.unstorable');
    const client = await first.open();
    await client.call('remember', { id: 'a' });
    expect(lost).toEqual([]);
    expect(await drain(first)).toMatchObject({ kept: 1, incomplete: 0 });
    const second = start(store, { read: () => [...locals[0]!.get()] });
    expect(await saw(await moved(client, second), 'read')).toEqual(['a']);
  });
});
