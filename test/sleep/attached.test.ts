import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { MINUTE, sleep } from '../support/sleep.ts';

const stores: [string, () => { store?: DurableMemory }][] = [
  ['in memory', () => ({})],
  ['in a durable store', () => ({ store: new DurableMemory() })],
];

describe.each(stores)('the GET stream of a session asleep %s', (_, options) => {
  it('is taken over by the next one of its client, and carries on', async () => {
    const world = new FakeRuntime(options());
    const client = await world.open();
    const first = await client.get();
    await sleep(world);
    const second = await client.get();
    await first.whole();
    await turn();
    expect(world.runtime.stats()).toMatchObject({ streams: 1, sessions: { asleep: 1, total: 1 } });
    expect(world.runtime.residents()).toHaveLength(1);
    await client.call('tools/list');
    world.server.notify('notifications/tools/list_changed');
    await second.until(({ messages }) => messages.length === 1);
    expect(world.servers).toHaveLength(2);
    await client.delete();
    await second.whole();
    await turn();
    expect(world.runtime.stats()).toMatchObject({ streams: 0, sessions: { total: 0 } });
  });

  it('gives it its time from when it closes, however short it was', async () => {
    const world = new FakeRuntime(options());
    const client = await world.open();
    await sleep(world, 30 * MINUTE);
    const get = await client.get();
    get.leave();
    await get.whole();
    await world.clock.elapse(2000);
    expect(world.runtime.residents()).toEqual([]);
    await world.clock.elapse(28 * MINUTE);
    expect(world.runtime.stats().evicted.expired).toBe(0);
    await world.clock.elapse(10 * MINUTE);
    await turn();
    expect(world.runtime.stats().evicted.expired).toBe(1);
  });
});

describe('a session in a durable store that is woken', () => {
  it('has its time anew in the next process, however soon that comes', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    await sleep(first, 34 * MINUTE);
    await client.notify('notifications/roots/list_changed');
    for (let i = 0; i < 5; i++) await turn();
    expect(first.runtime.stats().sessions.active).toBe(1);
    const second = new FakeRuntime({ store });
    second.clock.advance(first.clock.now() - second.clock.now());
    await second.clock.elapse(25 * MINUTE);
    expect(second.runtime.stats()).toMatchObject({ evicted: { expired: 0 } });
  });
});

describe('a session that is looked for in a durable store', () => {
  it('is there for all who wait, also where the first has left', async () => {
    const store = new DurableMemory();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    await sleep(world);
    await turn();
    const leaving = client.get();
    const calls = [client.call('a'), client.call('b')];
    void leaving.then((reply) => reply.leave());
    const answers = await Promise.all(calls);
    expect(answers.map(({ result }) => result?.['method'])).toEqual(['a', 'b']);
    expect([world.servers.length, world.runtime.residents().length]).toEqual([2, 1]);
  });
});

describe('a session that ends while another request for it is looked up', () => {
  it('is gone for that one: no stream is opened on it', async () => {
    const world = new FakeRuntime({ store: new DurableMemory() });
    const client = await world.open();
    await sleep(world);
    await turn();
    const [deleted, opened] = await Promise.all([client.delete(), client.get()]);
    expect([deleted.status, opened.status]).toEqual([204, 404]);
    await turn();
    expect(world.runtime.stats()).toMatchObject({ streams: 0, sessions: { total: 0 } });
  });
});

describe('a stream that may not begin yet', () => {
  it('is answered when its request is cancelled', async () => {
    const store = new DurableMemory();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    await world.clock.elapse(200);
    store.trouble = 'hangs';
    let status: number | undefined;
    const call = client.request('hold', {}, 1);
    void call.then((reply) => (status = reply.status));
    await turn();
    await world.clock.elapse(60);
    expect(status).toBeUndefined();
    await client.notify('notifications/cancelled', { requestId: 1 });
    await eventually(() => status !== undefined);
    expect((await (await call).whole()).messages).toEqual([]);
    expect(world.runtime.stats().streams).toBe(0);
  });
});
