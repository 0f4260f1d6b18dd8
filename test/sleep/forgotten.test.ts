import { expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { ForgetfulMemory } from '../support/forgetfulMemory.ts';
import { HandleWorld } from '../support/handleWorld.ts';

async function settle({ clock }: Pick<FakeRuntime, 'clock'>): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
  await clock.elapse(200);
  for (let i = 0; i < 5; i++) await turn();
}

it('a store that lost its records is given those of the sessions here again, and it is announced', async () => {
  const store = new ForgetfulMemory();
  const world = new FakeRuntime({ store });
  const failures = world.record('store.failed');
  const clients = [await world.open('ann'), await world.open('bob'), await world.open('cid')];
  await clients[2]!.delete();
  await settle(world);
  expect(await store.count()).toBe(2);
  await store.forget();
  expect(await store.count()).toBe(0);
  await settle(world);
  const { records } = await store.page({ limit: 10 });
  // The one that has ended does not come back.
  const principals = new Set(records.map(({ principal }) => principal));
  expect(principals).toEqual(new Set(['ann', 'bob']));
  expect(failures).toMatchObject([{ session: undefined, doing: 'keep' }]);
  await world.runtime.close();
});

it('a store that lost its records is given those of handles again', async () => {
  const store = new ForgetfulMemory();
  const world = new HandleWorld({ state: () => ({ count: 0 }) }, { store });
  const call = await world.modern('ann');
  await call('create_page');
  await settle(world);
  const handles = store.part('handles');
  expect(await handles.count()).toBe(1);
  await handles.forget();
  expect(await handles.count()).toBe(0);
  await settle(world);
  expect(await handles.count()).toBe(1);
});
