import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { MINUTE, sleep } from '../support/sleep.ts';

interface Count {
  readonly count: number;
}

const slowly = async (state: unknown): Promise<Count> => {
  await turn();
  return count(state);
};

const count = (state: unknown): Count => ({ count: (state as Count).count + 1 });

/** A session that is asleep and has left the process, and what its own code still holds of it. */
async function laidDown(store?: DurableMemory) {
  const world = new FakeRuntime({ state: () => ({ count: 0 }), ...(store && { store }) });
  const client = await world.open('ann');
  const [handle] = world.runtime.residents();
  await sleep(world);
  await turn();
  expect(world.runtime.residents()).toEqual([]);
  return { world, client, handle: handle! };
}

const stores: [string, () => DurableMemory | undefined][] = [
  ['in memory', () => undefined],
  ['in a durable store', () => new DurableMemory()],
];

describe.each(stores)('what is held of a session that sleeps %s', (_, store) => {
  it('changes its state where it is', async () => {
    const { world, client, handle } = await laidDown(store());
    expect(await handle.update(count)).toEqual({ count: 1 });
    await client.call('tools/list');
    expect(world.runtime.residents()[0]?.state).toEqual({ count: 1 });
    await sleep(world);
    await turn();
    expect(world.runtime.residents()).toEqual([]);
  });

  it('ends it', async () => {
    const { world, client, handle } = await laidDown(store());
    const ended = world.record('session.ended');
    handle.close();
    await world.clock.elapse(1000);
    expect(ended).toMatchObject([{ reason: 'terminated' }]);
    expect((await client.request('tools/list')).status).toBe(404);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });

  it('is of no use once it has ended: nothing is counted twice, nothing comes back', async () => {
    const { world, handle } = await laidDown(store());
    await world.clock.elapse(40 * MINUTE);
    await turn();
    expect(world.runtime.stats().evicted.expired).toBe(1);
    handle.close();
    expect(handle.notify('notifications/message', { data: 'psst' })).toBe(false);
    await expect(handle.update(count)).rejects.toMatchObject({ code: 'session-over' });
    await world.clock.elapse(40 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 1, terminated: 0 },
      sessions: { asleep: 0, total: 0 },
      deadLetters: { closed: 1 },
    });
    expect(endpointOf(world.runtime).timers.replayAge.size).toBe(0);
  });

  it('has its changes one after the other with those of whoever holds it since', async () => {
    const { world, client, handle } = await laidDown(store());
    await client.call('tools/list');
    const [since] = world.runtime.residents();
    await Promise.all([handle, since!, handle, since!].map((each) => each.update(slowly)));
    expect(since?.state).toEqual({ count: 4 });
  });

  it('keeps it here for as long as a change takes', async () => {
    const world = new FakeRuntime({
      state: () => ({ count: 0 }),
      ...((durable) => durable && { store: durable })(store()),
    });
    const client = await world.open();
    const [handle] = world.runtime.residents();
    let go!: () => void;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const update = handle!.update(async (state) => {
      await gate;
      return count(state);
    });
    await sleep(world);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    go();
    expect(await update).toEqual({ count: 1 });
    await world.clock.elapse(5000);
    await turn();
    expect(world.runtime.residents()).toEqual([]);
    await client.call('tools/list');
    expect(world.runtime.residents()[0]?.state).toEqual({ count: 1 });
  });
});

describe('a session that is ended while it is on its way out of the process', () => {
  it.each<[string, (world: FakeRuntime, id: string) => Promise<unknown>]>([
    ['evict', (world, id) => world.runtime.evict(id)],
    ['evictPrincipal', (world) => world.runtime.evictPrincipal('ann')],
  ])('has ended when %s says so', async (_, end) => {
    // However far an update has come that keeps it here.
    for (let hops = 0; hops < 10; hops++) {
      const { world, client, handle } = await laidDown();
      const update = handle.update(count);
      for (let i = 0; i < hops; i++) await Promise.resolve();
      expect(await end(world, client.id!)).toBeTruthy();
      await update;
      expect((await world.runtime.list()).sessions).toEqual([]);
      const { evicted, sessions } = world.runtime.stats();
      expect([hops, evicted.revoked, sessions.total]).toEqual([hops, 1, 0]);
      expect((await client.request('tools/list')).status).toBe(404);
    }
  });
});
