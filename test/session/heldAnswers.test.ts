import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';

/** A call that its server has answered, and whose answer waits for a store until `release` is called. */
async function waiting(options: ConstructorParameters<typeof FakeRuntime>[0] = {}) {
  const store = new HeldStore();
  const world = new FakeRuntime({ store, sseAfterMs: 60_000, ...options });
  const settled = world.record('request.settled');
  const client = await world.open();
  await world.clock.elapse(200);
  await turn();
  settled.length = 0;
  const release = store.hold('write');
  const call = client.request('hold', {}, 1);
  await turn();
  const session = world.runtime.residents()[0]!;
  await session.update(() => ({ of: 'the answer' }));
  world.server.answer(1, { first: true });
  await turn();
  expect(world.runtime.stats().inFlight).toBe(1);
  const released = async (): Promise<void> => {
    release();
    for (let i = 0; i < 8; i++) await turn();
  };
  return { world, client, call, session, settled, released };
}

describe('an answer that waits for the store is not given twice', () => {
  it('where its request is cancelled meanwhile', async () => {
    const { world, client, call, settled, released } = await waiting({ concurrency: 1 });
    await client.notify('notifications/cancelled', { requestId: 1 });
    expect((await (await call).whole()).status).toBe(202);
    // The same id again, while the answer to its first use is still on its way.
    const again = client.request('hold', {}, 1);
    const next = client.request('hold', {}, 2);
    await turn();
    await released();
    const held = (): unknown[] => world.server.methods.filter((method) => method === 'hold');
    // `concurrency`: the second one runs, the third waits for it.
    expect([world.runtime.stats().inFlight, held().length]).toEqual([2, 2]);
    world.server.answer(1, { second: true });
    expect((await (await again).whole()).message.result).toEqual({ second: true });
    await turn();
    expect(held()).toHaveLength(3);
    world.server.answer(2);
    await (await next).whole();
    expect(settled.map(({ outcome }) => outcome)).toEqual(['cancelled', 'answered', 'answered']);
    expect(world.runtime.stats().inFlight).toBe(0);
  });

  it('where its server answers once more: that is a dead letter at once', async () => {
    const { world, call, settled, released } = await waiting();
    const dead = world.record('deadletter');
    world.server.answer(1, { second: true });
    await turn();
    expect(dead).toMatchObject([{ direction: 'out', reason: 'late' }]);
    await released();
    expect((await (await call).whole()).message.result).toEqual({ first: true });
    expect([settled.length, dead.length]).toEqual([1, 1]);
  });

  it.each(['evict', 'DELETE', 'crash', 'close'] as const)(
    'where its session ends meanwhile: %s',
    async (how) => {
      const { world, client, call, session, settled, released } = await waiting();
      const ended =
        how === 'evict'
          ? world.runtime.evict(client.id!)
          : how === 'DELETE'
            ? client.delete()
            : how === 'close'
              ? world.server.close()
              : session.own({
                  close() {},
                  on: (_: 'error', fail: (error: Error) => void) => fail(new Error('x')),
                });
      await world.clock.elapse(6000);
      await released();
      await ended;
      const { messages } = await (await call).whole();
      expect(messages).toHaveLength(1);
      expect(settled).toHaveLength(1);
      expect(world.runtime.stats()).toMatchObject({ inFlight: 0, sessions: { total: 0 } });
    },
  );
});
