import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { MortalLife, next, said, Seen, settle, WORD } from '../support/mortalLife.ts';
import { answerOf } from '../support/wireClient.ts';

/** A process that ends with words on its GET stream that its client has and its store has not. */
async function lostTail() {
  const store = new DurableMemory();
  const first = new FakeRuntime({ store });
  const client = await first.open();
  const get = await client.get();
  first.server.notify(WORD, { data: 'stored' });
  await settle(first);
  store.trouble = 'hangs';
  for (const data of ['a', 'b', 'c']) first.server.notify(WORD, { data });
  await get.until(({ messages }) => messages.length === 4);
  store.trouble = undefined;
  return { store, client, get, last: get.ids.at(-1)! };
}

describe('R1: the numbers of a process whose last events were not stored', () => {
  it('are not used again on the GET stream: what the next process says arrives', async () => {
    const { store, client, get, last } = await lostTail();
    const seen = new Seen();
    seen.take(get);
    const { world, client: again } = await next(store, client);
    const resumed = await again.get({ 'last-event-id': last });
    await again.call('tools/list');
    for (const data of ['d', 'e']) world.server.notify(WORD, { data });
    await resumed.until(({ messages }) => messages.length === 2);
    seen.take(resumed);
    expect(said(resumed)).toEqual(['d', 'e']);
    expect(seen.twice).toEqual([]);
  });

  it('are not used again where the client was away: what was said meanwhile is replayed', async () => {
    const { store, client, get, last } = await lostTail();
    const seen = new Seen();
    seen.take(get);
    const second = await next(store, client);
    await second.client.call('tools/list');
    for (const data of ['d', 'e', 'f', 'g', 'h']) second.world.server.notify(WORD, { data });
    await settle(second.world);
    const third = await next(store, client);
    const resumed = await third.client.get({ 'last-event-id': last });
    await resumed.until(({ messages }) => messages.length === 5);
    seen.take(resumed);
    expect(said(resumed)).toEqual(['d', 'e', 'f', 'g', 'h']);
    expect(seen.twice).toEqual([]);
  });

  it('are not used again by a third process, though the second stored nothing', async () => {
    const store = new HeldStore();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    await settle(first);
    const seen = new Seen();
    for (const data of ['a', 'b']) {
      const { world, client: again } = await next(store, client);
      const get = await again.get();
      await settle(world, 0);
      const release = store.hold('write');
      world.runtime.residents()[0]?.notify(WORD, { data });
      await settle(world, 0);
      // The first of the two dies before its store has taken anything.
      if (data === 'b') {
        release();
        await get.until(({ messages }) => messages.length === 1);
      }
      seen.take(get);
    }
    expect([...seen.names.values()].join()).toContain('"b"');
    expect(seen.twice).toEqual([]);
  });

  it('does not keep a word from its client for longer than the store may take', async () => {
    const store = new HeldStore();
    const client = await new FakeRuntime({ store }).open();
    const { world, client: again } = await next(store, client);
    const get = await again.get();
    store.hold('write');
    world.runtime.residents()[0]?.notify(WORD, { data: 'a' });
    await settle(world, 9000);
    expect(said(get)).toEqual([]);
    await settle(world, 1500);
    expect(said(get)).toEqual(['a']);
    world.runtime.residents()[0]?.notify(WORD, { data: 'b' });
    await settle(world, 0);
    expect(said(get)).toEqual(['a', 'b']);
  });

  it('do not hide the error of a call that was cut: it comes behind all that was seen', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    const call = client.request('hold', {}, 1);
    await turn();
    await first.clock.elapse(50);
    const stream = await call;
    await stream.until(({ ids }) => ids.length > 0);
    await settle(first);
    store.trouble = 'hangs';
    const hold = first.server.idOf('hold');
    for (const data of ['a', 'b', 'c']) first.server.notify(WORD, { data }, hold);
    await stream.until(({ messages }) => messages.length === 3);
    store.trouble = undefined;
    const second = await next(store, client);
    const resumed = await (
      await second.client.get({ 'last-event-id': stream.ids.at(-1)! })
    ).whole();
    expect(answerOf(resumed)).toMatchObject({
      id: 1,
      error: { code: -32603, data: { code: 'session-restarted' } },
    });
    expect(stream.ids).not.toContain(resumed.ids.at(-1));
    const over = await second.client.get({ 'last-event-id': resumed.ids.at(-1)! });
    expect(over.status).toBe(204);
  });

  it('name one event each, and each call has one end, over any history', async () => {
    const deed = fc.oneof(
      { weight: 4, arbitrary: fc.constant('say' as const) },
      { weight: 3, arbitrary: fc.constant('progress' as const) },
      { weight: 2, arbitrary: fc.constant('call' as const) },
      { weight: 2, arbitrary: fc.constant('store' as const) },
      { weight: 3, arbitrary: fc.constant('hang' as const) },
      { weight: 3, arbitrary: fc.constant('kill' as const) },
      { weight: 1, arbitrary: fc.constant('sleep' as const) },
    );
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 24 }), async (deeds) => {
        const life = await MortalLife.begin();
        for (const each of deeds) await life[each]();
        expect(await life.end()).toEqual([]);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 30) },
    );
  }, 120_000);
});
