import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { Reply } from '../support/reply.ts';

const NOTE = 'notifications/message';

/** A request held back by its server, and its response to come. */
async function held(world: FakeRuntime, version?: string) {
  const client = await world.open(undefined, version === undefined ? {} : { version });
  const reply = client.request('hold', {}, 1);
  await turn();
  return { client, reply };
}

const hold = (id: number) => ({ jsonrpc: '2.0', id, method: 'hold' });
const seen = ({ messages }: Reply): unknown[] =>
  messages.map(({ params, result }) => (params ?? result)?.['n']);

describe('HttpExchange', () => {
  it("in 'auto' is JSON where a request has nothing but its answer (P6)", async () => {
    const world = new FakeRuntime();
    const { reply } = await held(world);
    world.server.answer(1, { n: 1 });
    const answer = await (await reply).whole();
    expect([answer.status, answer.headers['content-type'], seen(answer)]).toEqual([
      200,
      'application/json',
      [1],
    ]);
  });

  it("in 'auto' becomes a stream with the first word that is not its answer (P6)", async () => {
    const world = new FakeRuntime();
    const { reply } = await held(world);
    world.server.notify(NOTE, { n: 1 }, 1);
    const stream = await reply;
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    world.server.answer(1, { n: 2 });
    expect([seen(await stream.whole()), stream.end]).toEqual([[1, 2], 'ended']);
  });

  it("in 'sse' is always a stream, in 'json' never one: what it says goes by the GET stream", async () => {
    const sse = new FakeRuntime({ responseMode: 'sse' });
    const streamed = await (await (await sse.open()).request('tools/list')).whole();
    expect(streamed.isStream).toBe(true);
    const json = new FakeRuntime({ responseMode: 'json' });
    const { client, reply } = await held(json);
    const get = await client.get();
    json.server.notify(NOTE, { n: 1 }, 1);
    await get.until(({ messages }) => messages.length === 1);
    await json.clock.elapse(10_000);
    json.server.answer(1, { n: 2 });
    const answer = await (await reply).whole();
    expect([answer.isStream, seen(answer), seen(get)]).toEqual([false, [2], [1]]);
  });

  it('answers a cancelled request with an ended stream, or with 202 where it is none (C1)', async () => {
    for (const responseMode of ['auto', 'json', 'sse'] as const) {
      const world = new FakeRuntime({ responseMode });
      const { client, reply } = await held(world);
      await client.notify('notifications/cancelled', { requestId: 1 });
      const end = await (await reply).whole();
      expect([end.status, end.messages, end.end]).toEqual([
        responseMode === 'sse' ? 200 : 202,
        [],
        'ended',
      ]);
    }
  });

  it('answers a batch as an array, of which a cancelled request is no part (P4)', async () => {
    const world = new FakeRuntime();
    const client = await world.open(undefined, { version: '2025-03-26' });
    const reply = client.post([hold(1), hold(2), hold(3)]);
    await turn();
    await client.notify('notifications/cancelled', { requestId: 2 });
    world.server.answer(3, { n: 3 });
    world.server.answer(1, { n: 1 });
    const answer = await (await reply).whole();
    expect(JSON.parse(answer.text)).toBeInstanceOf(Array);
    expect(answer.messages.map(({ id }) => id)).toEqual([3, 1]);
  });

  it('a batch that becomes a stream says first what it had collected', async () => {
    const world = new FakeRuntime();
    const client = await world.open(undefined, { version: '2025-03-26' });
    const reply = client.post([hold(1), hold(2)]);
    await turn();
    world.server.answer(1, { n: 1 });
    world.server.notify(NOTE, { n: 'between' }, 2);
    world.server.answer(2, { n: 2 });
    expect(seen(await (await reply).whole())).toEqual([1, 'between', 2]);
  });

  it('goes on when its client leaves, and its answer can be resumed (P10, P12)', async () => {
    const world = new FakeRuntime();
    const { client, reply } = await held(world);
    world.server.notify(NOTE, { n: 1 }, 1);
    const stream = await (await reply).until(({ messages }) => messages.length === 1);
    stream.leave();
    await turn();
    expect(world.server.methods).not.toContain('notifications/cancelled');
    world.server.answer(1, { n: 2 });
    const again = await client.get({ 'last-event-id': stream.ids.at(-1) ?? '' });
    expect(seen(await again.whole())).toEqual([2]);
  });

  it('counts an answer that nobody can be given as a closed dead letter (law 5)', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const leaving = new AbortController();
    const ask = { jsonrpc: '2.0', id: 1, method: 'hold' };
    void client.post(ask, {}, leaving.signal).catch(() => {});
    await turn();
    leaving.abort();
    await turn();
    world.server.answer(1);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, deadLetters: { closed: 1 } });
  });
});
