import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

const note = (world: FakeRuntime, n: number): void =>
  world.server.notify('notifications/message', { n });
const numbers = ({ messages }: { messages: readonly { params?: Record<string, unknown> }[] }) =>
  messages.map(({ params }) => params?.['n']);

describe('the GET stream', () => {
  it('begins with a priming event for a client that knows them, whatever was said before (P12)', async () => {
    const world = new FakeRuntime();
    const client = await WireClient.of(world.runtime);
    world.runtime.on('session.started', () => {
      // In the factory's turn: before the revision is agreed.
      world.runtime.residents()[0]?.notify('notifications/message', { n: 1 });
    });
    await client.shake();
    const get = await client.get();
    await get.until(({ frames }) => frames.length === 2);
    expect([get.frames[0]?.data, get.frames[0]?.retry, numbers(get)]).toEqual(['', 1000, [1]]);
  });

  it('begins with a comment for a client that does not', async () => {
    const world = new FakeRuntime();
    const client = await world.open(undefined, { version: '2025-06-18' });
    const get = await client.get();
    await get.until(({ frames }) => frames.length === 1);
    expect([get.frames[0]?.comment, get.ids]).toEqual(['open', []]);
  });

  it('taken over by a newer one ends, and nothing is said twice (G3)', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const old = await client.get();
    note(world, 1);
    await old.until(({ messages }) => messages.length === 1);
    const fresh = await client.get();
    expect((await old.whole()).end).toBe('ended');
    note(world, 2);
    await fresh.until(({ messages }) => messages.length === 1);
    expect([numbers(old), numbers(fresh)]).toEqual([[1], [2]]);
    expect(world.runtime.stats().streams).toBe(1);
  });

  it('gives what was said while nobody listened, once', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    note(world, 1);
    note(world, 2);
    const get = await client.get();
    await get.until(({ messages }) => messages.length === 2);
    get.leave();
    await turn();
    note(world, 3);
    const again = await client.get();
    await again.until(({ messages }) => messages.length === 1);
    expect([numbers(get), numbers(again)]).toEqual([[1, 2], [3]]);
  });

  it('is primed with the place before what it then says: an id names one event (R1, P12)', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    note(world, 1);
    note(world, 2);
    const get = await client.get();
    await get.until(({ messages }) => messages.length === 2);
    expect(new Set(get.ids).size).toBe(3);
    get.leave();
    await turn();
    // The connection broke right behind the priming event: nothing of it is lost.
    const again = await client.get({ 'last-event-id': get.ids[0] ?? '' });
    await again.until(({ messages }) => messages.length === 2);
    expect([numbers(again), again.ids]).toEqual([[1, 2], get.ids]);
  });

  it('resumes after any of its events, and only its own (R2)', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const get = await client.get();
    for (const n of [1, 2, 3]) note(world, n);
    await get.until(({ messages }) => messages.length === 3);
    const call = client.request('hold', {}, 1);
    await turn();
    world.server.notify('notifications/progress', { n: 'other' }, 1);
    world.server.answer(1);
    await (await call).whole();
    for (const [i, rest] of [
      [0, [1, 2, 3]],
      [1, [2, 3]],
      [3, []],
    ] as const) {
      const again = await client.get({ 'last-event-id': get.ids[i] ?? '' });
      note(world, 9);
      await again.until(({ messages }) => messages.at(-1)?.params?.['n'] === 9);
      expect(numbers(again).filter((n) => n !== 9)).toEqual(rest);
      again.leave();
      await turn();
    }
  });

  it.each(['x', '_', '0_0_0', 'zzz_0_1', '-1'])('refuses to resume after %j (R2)', async (id) => {
    const world = new FakeRuntime();
    const client = await world.open();
    note(world, 1);
    const reply = await (await client.get({ 'last-event-id': id })).whole();
    expect([reply.status, reply.message.error?.data?.['code']]).toEqual([400, 'event-unknown']);
  });

  it('refuses to resume from the future, another stream or another session (R2)', async () => {
    const world = new FakeRuntime();
    const [client, other] = [await world.open(), await world.open()];
    const get = await client.get();
    await get.until(({ ids }) => ids.length === 1);
    const [id = ''] = get.ids;
    const [key] = id.split('_');
    for (const bad of [`${key}_0_1`, `${key}_7_0`]) {
      expect((await client.get({ 'last-event-id': bad })).status).toBe(400);
    }
    expect((await other.get({ 'last-event-id': id })).status).toBe(400);
  });
});

describe('the stream of a POST', () => {
  it('can be resumed to its answer after its connection is lost, and ends with it', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await world.clock.elapse(1000);
    const reply = await call;
    await reply.until(({ ids }) => ids.length === 1);
    reply.leave();
    await turn();
    world.server.notify('notifications/message', { n: 1 }, 1);
    world.server.answer(1, { n: 2 });
    const again = await client.get({ 'last-event-id': reply.ids[0] ?? '' });
    const { messages, end } = await again.whole();
    expect(messages.map(({ params, result }) => (params ?? result)?.['n'])).toEqual([1, 2]);
    expect([end, world.runtime.stats().streams]).toEqual(['ended', 0]);
  });

  it('of a cancelled request ends and is not resumed (C1)', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await world.clock.elapse(1000);
    const reply = await call;
    await client.notify('notifications/cancelled', { requestId: 1 });
    await reply.whole();
    expect(reply.messages).toEqual([]);
    expect((await client.get({ 'last-event-id': reply.ids[0] ?? '' })).status).toBe(204);
  });

  it('keeps the message order over a break in the middle', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await turn();
    for (let n = 0; n < 5; n++) world.server.notify('notifications/message', { n }, 1);
    const reply = await (await call).until(({ messages }) => messages.length === 5);
    reply.leave();
    await turn();
    for (let n = 5; n < 9; n++) world.server.notify('notifications/message', { n }, 1);
    const again = await client.get({ 'last-event-id': reply.ids.at(-3) ?? '' });
    world.server.notify('notifications/message', { n: 9 }, 1);
    world.server.answer(1);
    await again.whole();
    expect(numbers(again).slice(0, -1)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it('is forgotten once all of it is too old to resume', async () => {
    const world = new FakeRuntime({ responseMode: 'sse' });
    const client = await world.open();
    const reply = await (await client.request('tools/list')).whole();
    const id = reply.ids[0] ?? '';
    expect((await client.get({ 'last-event-id': id })).status).toBe(200);
    await client.get();
    await world.clock.elapse(10 * 60_000);
    expect((await client.get({ 'last-event-id': id })).status).toBe(400);
  });
});
