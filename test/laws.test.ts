import { describe, expect, it } from 'vitest';
import { turn } from './support/eventually.ts';
import { FakeRuntime } from './support/fakeRuntime.ts';
import { FakeServer } from './support/fakeServer.ts';
import { WireClient } from './support/wireClient.ts';

/** Crashes its session on the method `crash`, as an error in `onmessage` does. */
function crashing(message: object): void {
  if ('method' in message && message.method === 'crash') throw new Error('boom');
}

describe('law 1: one incarnation', () => {
  it('law 1: requests that meet a session being built wait in the stash of the one server', async () => {
    let finish!: (server: FakeServer) => void;
    let builds = 0;
    const { runtime } = new FakeRuntime({
      createId: () => 'known',
      server: () => {
        builds++;
        return new Promise<FakeServer>((resolve) => (finish = resolve));
      },
    });
    const client = await WireClient.of(runtime);
    const opened = client.initialize();
    await turn();
    client.id = 'known';
    const calls = [1, 2, 3].map((id) => client.call('tools/list', {}, id));
    await turn();
    expect(runtime.stats().highWater.stash).toBe(4);
    const server = new FakeServer();
    finish(server);
    const answers = await Promise.all(calls);
    await opened;
    expect(answers.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(new Set(answers.map(({ result }) => result?.['server']))).toEqual(
      new Set([server.number]),
    );
    expect([builds, server.methods[0]]).toEqual([1, 'initialize']);
  });

  it('law 1: requests that meet a session being rebuilt wait for the one new server', async () => {
    const world = new FakeRuntime({ onCrash: 'restart', hook: crashing });
    const client = await world.open();
    const crash = client.call('crash');
    const calls = [1, 2, 3].map((n) => client.call('tools/list', {}, `after ${n}`));
    expect((await crash).error?.data).toEqual({ code: 'session-crashed', reason: 'crashed' });
    const answers = await Promise.all(calls);
    expect(world.servers).toHaveLength(2);
    expect(answers.map(({ result }) => result?.['server'])).toEqual(
      Array(3).fill(world.servers[1]?.number),
    );
  });
});

describe('law 2: order of dispatch is order of arrival', () => {
  it('law 2: what waited is dispatched first, in its order, before what comes after', async () => {
    let go!: () => void;
    const world = new FakeRuntime({
      createId: () => 'known',
      server: async () => {
        await new Promise<void>((resolve) => (go = resolve));
        return world.serve();
      },
    });
    const client = await WireClient.of(world.runtime);
    const first = client.initialize();
    await turn();
    client.id = 'known';
    const early = ['a', 'b', 'c'].map((method) => client.request(method));
    await turn();
    go();
    await first;
    await Promise.all([...early, client.request('d')]);
    expect(world.server.methods).toEqual(['initialize', 'a', 'b', 'c', 'd']);
  });

  it('law 2: completion is free: a handler that takes long holds nobody back', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const slow = client.call('hold', {}, 'slow');
    expect((await client.call('quick')).result?.['method']).toBe('quick');
    world.server.answer('slow', { late: true });
    expect((await slow).result).toEqual({ late: true });
  });

  it('law 2: concurrency 1 runs one handler at a time and keeps the order', async () => {
    const world = new FakeRuntime({ concurrency: 1 });
    const client = await world.open();
    const calls = [1, 2, 3].map((id) => client.call('hold', {}, id));
    const note = client.notify('notifications/roots/list_changed');
    await turn();
    expect(world.server.methods.slice(2)).toEqual(['hold']);
    for (const id of [1, 2, 3]) {
      world.server.answer(id, { id });
      await turn();
    }
    await note;
    expect((await Promise.all(calls)).map(({ result }) => result?.['id'])).toEqual([1, 2, 3]);
    expect(world.server.methods.slice(2)).toEqual([
      'hold',
      'hold',
      'hold',
      'notifications/roots/list_changed',
    ]);
  });
});

describe('law 3: control never waits behind requests', () => {
  it('law 3: cancels, answers and progress pass a queue that is stuck', async () => {
    const world = new FakeRuntime({ concurrency: 1 });
    const client = await world.open();
    const running = client.request('hold', {}, 'running');
    void client.request('hold', {}, 'waiting');
    await turn();
    world.server.ask(7, 'roots/list', 'running');
    await client.post({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 0, progress: 1 },
    });
    await client.respond(0, { roots: [] });
    await client.notify('notifications/cancelled', { requestId: 'running' });
    expect(world.server.methods.slice(2, 6)).toEqual([
      'hold',
      'notifications/progress',
      'answer',
      'notifications/cancelled',
    ]);
    expect((await (await running).whole()).end).toBe('ended');
  });

  it('law 3: a cancel never overtakes its own request, not even in the stash', async () => {
    const world = new FakeRuntime({ concurrency: 1 });
    const client = await world.open();
    const [, , second] = [
      client.request('hold', {}, 1),
      client.notify('notifications/cancelled', { requestId: 1 }),
      client.request('hold', {}, 2),
    ];
    void second;
    await turn();
    const third = client.request('never', {}, 3);
    await turn();
    await client.notify('notifications/cancelled', { requestId: 3 });
    expect((await third).status).toBe(202);
    expect(world.server.methods.slice(2)).toEqual(['hold', 'notifications/cancelled', 'hold']);
    world.server.answer(2);
    await turn();
    expect(world.server.methods).not.toContain('never');
  });
});

describe('law 4: bounded, and overflow is answered', () => {
  it('law 4: a request past maxInFlight gets an error, and is counted', async () => {
    const world = new FakeRuntime({ maxInFlight: 2 });
    const client = await world.open();
    void client.request('hold', {}, 1);
    void client.request('hold', {}, 2);
    const refused = await (await client.request('hold', {}, 3)).whole();
    expect(refused.status).toBe(200);
    expect(refused.message).toMatchObject({ id: 3, error: { code: -32000 } });
    const { limits, refusals, inFlight } = world.runtime.stats();
    expect([limits['maxInFlight'], refusals['session-busy'], inFlight]).toEqual([1, 1, 2]);
  });

  it('law 4: a notification past maxQueue is a dead letter, a request gets an error', async () => {
    const world = new FakeRuntime({ maxQueue: 1, concurrency: 1 });
    const client = await world.open();
    void client.request('hold', {}, 1);
    void client.request('hold', {}, 2);
    await turn();
    expect((await client.notify('notifications/roots/list_changed')).status).toBe(202);
    expect((await client.call('hold', {}, 3)).error?.data?.['code']).toBe('session-busy');
    const { limits, deadLetters } = world.runtime.stats();
    expect([limits['maxQueue'], deadLetters.full]).toEqual([2, 1]);
  });
});

describe('law 5: nothing disappears', () => {
  it('law 5: what can not be delivered is a dead letter with one of six reasons', async () => {
    const world = new FakeRuntime({
      maxQueue: 1,
      concurrency: 1,
      onCrash: 'restart',
      hook: crashing,
    });
    const client = await world.open();
    await client.get();
    const [session] = world.runtime.residents();
    await client.respond(99);
    await client.notify('notifications/cancelled', { requestId: 99 });
    await client.notify('notifications/cancelled', { requestId: {} });
    world.server.ask(0, 'roots/list');
    await client.call('crash');
    await turn();
    await client.respond(0);
    for (const id of [1, 2]) void client.request('hold', {}, id);
    await turn();
    await client.notify('notifications/roots/list_changed');
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await closed;
    session?.notify('notifications/tools/list_changed');
    const { deadLetters } = world.runtime.stats();
    expect(deadLetters).toEqual({
      unknown: 1,
      late: 1,
      malformed: 1,
      stale: 1,
      full: 1,
      closed: 1,
    });
    const reasons = world.runtime.deadLetters().map(({ reason }) => reason);
    expect(reasons).toEqual(['unknown', 'late', 'malformed', 'stale', 'full', 'closed']);
  });
});
