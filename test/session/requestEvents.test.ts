import { AsyncLocalStorage } from 'node:async_hooks';
import type { RuntimeEvents } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

type Began = RuntimeEvents['request.began'];

/** What was announced, in order: `began 1 tools/list`, `settled 1 answered 0`. */
function story(world: FakeRuntime): string[] {
  const lines: string[] = [];
  world.runtime.on('request.began', (event) =>
    lines.push(`began ${event.request} ${event.method}`),
  );
  world.runtime.on('request.settled', ({ request, outcome, ms, errorCode }) => {
    lines.push([`settled ${request} ${outcome} ${ms}`, errorCode].join(' ').trim());
  });
  return lines;
}

describe('request.began and request.settled', () => {
  it('announce a request once each, with the time it took on the runtime’s clock', async () => {
    const world = new FakeRuntime();
    const lines = story(world);
    const client = await world.open();
    const call = client.call('hold', {}, 7);
    await turn();
    world.clock.advance(250);
    world.server.answer(7);
    await call;
    expect(lines).toEqual([
      'began 1 initialize',
      'settled 1 answered 0',
      'began 2 hold',
      'settled 2 answered 250',
    ]);
  });

  it('say the revision, the key and nothing that was in the message', async () => {
    const world = new FakeRuntime();
    const events = [world.record('request.began'), world.record('request.settled')];
    const client = await world.open();
    await client.call('tools/call', { name: 'delete', arguments: { secret: 'hunter2' } });
    const [began, settled] = [events[0]![1] as Began, events[1]![1]];
    const [session] = world.runtime.residents();
    expect(settled).toMatchObject({ session: session?.key, protocolVersion: '2025-11-25' });
    const text = JSON.stringify(events);
    for (const secret of ['delete', 'hunter2', client.id]) expect(text).not.toContain(secret);
    expect(began.target()).toBe('delete');
  });

  it.each([
    ['tools/call', { name: 5 }],
    ['resources/read', { name: 'not a target' }],
  ])('%s names no target where it has none: %#', async (method, params) => {
    const world = new FakeRuntime();
    const began = world.record('request.began');
    await (await world.open()).call(method, params);
    expect(began.at(-1)?.target()).toBeUndefined();
  });

  it('tell how a request ended: an error, a tool that failed, a cancel, a full queue', async () => {
    const world = new FakeRuntime({
      concurrency: 1,
      maxQueue: 1,
      hook: (message, server) => {
        if (!('id' in message) || !('method' in message)) return false;
        if (message.method === 'fail') server.fail(message.id);
        else if (message.method === 'tool') server.answer(message.id, { isError: true });
        else return false;
        return true;
      },
    });
    const client = await world.open();
    const lines = story(world);
    await client.call('fail');
    await client.call('tool');
    const held = [client.request('hold', {}, 'a'), client.request('hold', {}, 'b')];
    await turn();
    await client.call('hold', {}, 'c');
    await client.notify('notifications/cancelled', { requestId: 'b' });
    await client.notify('notifications/cancelled', { requestId: 'a' });
    await Promise.all(held);
    expect(lines.filter((line) => line.startsWith('settled'))).toEqual([
      'settled 1 error 0 -32000',
      'settled 2 failed 0',
      'settled 5 refused 0 -32000',
      'settled 4 cancelled 0',
      'settled 3 cancelled 0',
    ]);
  });

  it('tell that a crash or an end cut a request', async () => {
    const world = new FakeRuntime({
      hook: (message) => {
        if ('method' in message && message.method === 'crash') throw new Error('boom');
      },
    });
    const lines = story(world);
    const calls = [(await world.open()).call('crash')];
    const other = await world.open();
    calls.push(other.call('hold'));
    await turn();
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await Promise.all([closed, ...calls]);
    expect(lines.filter((line) => line.includes('cut'))).toEqual([
      'settled 2 cut 0 -32603',
      'settled 4 cut 0 -32000',
    ]);
  });

  it('a listener that comes while a request runs hears nothing of that one', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.call('hold', {}, 1);
    await turn();
    const lines = story(world);
    world.server.answer(1);
    await call;
    await client.call('tools/list');
    expect(lines).toEqual(['began 1 tools/list', 'settled 1 answered 0']);
  });
});

/** The trace of a call whose client sent this in `_meta`. */
async function traceOf(meta: Record<string, unknown>): Promise<Began['trace']> {
  const world = new FakeRuntime();
  const began = world.record('request.began');
  await (await world.open()).call('tools/list', { _meta: meta });
  return began.at(-1)?.trace;
}

describe('request.began: trace', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('is what its client sent in _meta', async () => {
    const meta = { traceparent, tracestate: 'a=1', baggage: 'b=2', other: 'secret' };
    expect(await traceOf(meta)).toEqual({ traceparent, tracestate: 'a=1', baggage: 'b=2' });
  });

  it.each([
    ['without one', { progressToken: 1 }],
    ['where it is no text', { traceparent: { toString: 'x' }, baggage: 3 }],
    ['where it is too long', { traceparent: 'x'.repeat(8193) }],
  ])('is absent %s', async (_, meta) => {
    expect(await traceOf(meta)).toBeUndefined();
  });
});

describe('request.began: within', () => {
  const storage = new AsyncLocalStorage<string>();

  /** Runs one call and says where its handler ran. */
  async function ranIn(listen: (event: Began) => void, method = 'tools/list'): Promise<unknown> {
    let ran = 'never';
    let times = 0;
    const world = new FakeRuntime({
      hook: (message) => {
        if (!('method' in message) || message.method !== method) return;
        times++;
        ran = storage.getStore() ?? 'outside';
      },
    });
    const client = await world.open();
    const failures = world.record('observer.failed');
    world.runtime.on('request.began', listen);
    const { error } = await client.call(method);
    return { ran, times, error, failed: failures.map(({ event }) => event) };
  }

  it('has the handler run there, the first listener outermost', async () => {
    const seen = await ranIn(({ within }) => {
      within((handle) => storage.run('outer', handle));
      within((handle) => storage.run(`${storage.getStore()} inner`, handle));
    });
    expect(seen).toEqual({ ran: 'outer inner', times: 1, error: undefined, failed: [] });
  });

  it('a listener that never runs the handler, or runs it twice, changes nothing', async () => {
    expect(await ranIn(({ within }) => within(() => {}))).toMatchObject({
      ran: 'outside',
      times: 1,
      error: undefined,
    });
    const twice = await ranIn(({ within }) => {
      within((handle) => {
        storage.run('twice', handle);
        handle();
        setImmediate(handle);
      });
    });
    expect(twice).toMatchObject({ ran: 'twice', times: 1, error: undefined });
  });

  it('a listener that throws there is announced, and the handler runs', async () => {
    const seen = await ranIn(({ within }) => {
      within(() => {
        throw new Error('mine');
      });
    });
    expect(seen).toEqual({
      ran: 'outside',
      times: 1,
      error: undefined,
      failed: ['request.began'],
    });
  });

  it('holds for a request that waited in the queue', async () => {
    let ran: unknown;
    const world = new FakeRuntime({
      concurrency: 1,
      hook: (message) => {
        if ('method' in message && message.method === 'later') ran = storage.getStore();
      },
    });
    const client = await world.open();
    world.runtime.on('request.began', ({ method, within }) => {
      within((handle) => storage.run(method, handle));
    });
    const held = client.call('hold', {}, 1);
    const later = client.call('later', {}, 2);
    await turn();
    expect(ran).toBeUndefined();
    world.server.answer(1);
    await Promise.all([held, later]);
    expect(ran).toBe('later');
  });
});
