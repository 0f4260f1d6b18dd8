import { describe, expect, it } from 'vitest';
import { ActorsError } from '../../src/base/errors.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { left, moved, settle } from '../support/left.ts';
import { MINUTE } from '../support/sleep.ts';

/** A process whose store has a damaged record, and is slow to say so. */
async function damaged() {
  const store = new HeldStore();
  const client = await left(store);
  const world = new FakeRuntime({ store, storeTimeoutMs: 1000 });
  await settle(world);
  store.fail('get', new ActorsError('record-corrupt', 'put aside'));
  return { store, client, world, release: store.hold('get') };
}

describe('a record that can not be read', () => {
  it.each([
    ['in time', 0, 404],
    ['later than anybody waits', 1500, 503],
  ])('is counted no more, where the store says so %s', async (_when, ms, status) => {
    const { client, world, release } = await damaged();
    const asked = (await moved(client, world)).request('tools/list');
    await settle(world, ms);
    release();
    expect((await asked).status).toBe(status);
    await settle(world);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });

  it('of a session that goes on here is counted by nobody, and is stored again', async () => {
    const { store, client, world, release } = await damaged();
    const gone = (await moved(client, world)).request('tools/list');
    // Nobody waits for it any more.
    await settle(world, 1500);
    store.fail('get');
    // Who asks from here on waits for nothing.
    store.hold('get')();
    const here = await moved(client, world);
    expect((await here.request('tools/list')).status).toBe(200);
    await settle(world);
    await store.write([{ type: 'remove', id: client.id! }]);
    release();
    expect((await gone).status).toBe(503);
    await settle(world);
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 0, total: 1 });
    expect(await store.get(client.id!)).toBeDefined();
  });

  it('is not counted by a process that has closed', async () => {
    const { client, world, release } = await damaged();
    void (await moved(client, world)).request('tools/list');
    await turn();
    await world.runtime.close();
    release();
    await settle(world, 0);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });

  it('for its rows alone is no loss: the session goes on without them', async () => {
    const store = new HeldStore();
    const client = await left(store);
    const world = new FakeRuntime({ store });
    const failed = world.record('store.failed');
    store.fail('rows', new ActorsError('record-corrupt', 'put aside'));
    expect((await (await moved(client, world)).request('tools/list')).status).toBe(200);
    expect(failed).toMatchObject([{ doing: 'load' }]);
  });

  it('by this version of the program ends when its time is over, and keeps nobody from it', async () => {
    const store = new HeldStore();
    await left(store);
    await left(store);
    const world = new FakeRuntime({
      store,
      state: {
        create: () => ({}),
        version: 2,
        migrate: () => {
          throw new Error('never heard of it');
        },
      },
    });
    const ended = world.record('session.ended');
    await settle(world, 60 * MINUTE);
    expect(ended).toMatchObject([{ reason: 'expired' }, { reason: 'expired' }]);
    expect(await store.count()).toBe(0);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 2 },
      sessions: { total: 0 },
    });
  });

  it('at one of two times ends once: the sweep drops no record that a request has ended', async () => {
    const store = new HeldStore();
    const client = await left(store);
    let reads = 0;
    const decode = (data: unknown): unknown => {
      if (++reads === 1) throw new Error('not now');
      return data;
    };
    const state = { create: () => ({}), decode };
    const world = new FakeRuntime({ store, state, storeTimeoutMs: 90 * MINUTE });
    const ended = world.record('session.ended');
    const same = await moved(client, world);
    const release = store.hold('get');
    await settle(world, 60 * MINUTE);
    const late = same.request('tools/list');
    await turn();
    release();
    expect((await late).status).toBe(404);
    await settle(world);
    expect(reads).toBe(2);
    expect(ended).toMatchObject([{ reason: 'expired' }]);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 1 },
      sessions: { total: 0 },
    });
  });
});
