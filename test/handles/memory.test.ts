import { ALONE } from '../../src/directory/ownership.ts';
import { expect, it } from 'vitest';
import { HandleKind } from '../../src/handles/kind.ts';
import { type HandleSettings, settleHandle } from '../../src/handles/options.ts';
import type { Services } from '../../src/events/services.ts';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import { collect } from '../support/garbage.ts';
import { servicesOf } from '../support/servicesOf.ts';
import type { VirtualClock } from '../support/virtualClock.ts';

const MANY = 20_000;
const MINUTE = 60_000;

async function heap(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

const holder = { principal: 'ann', session: 'key' };

function kindOf(settings: HandleSettings, services: Services): HandleKind {
  let ids = 0;
  return new HandleKind(settings, {
    world: {},
    services,
    createId: () => `id-${String(ids++).padStart(23, '0')}`,
    storeOf: () => ({ store: new MemoryStore(), ownership: ALONE }),
    part: 'handles',
  });
}

it('a handle takes at most 800 bytes beside what it owns, and 400 asleep', async () => {
  const services = servicesOf({ maxSleepingPerPrincipal: MANY * 2 });
  const clock = services.clock as VirtualClock;
  const settings = settleHandle({
    name: 'box',
    open: () => undefined,
    state: () => undefined,
    max: MANY * 2,
    maxPerPrincipal: MANY * 2,
  });
  const kind = kindOf(settings, services);
  for (let i = 0; i < 100; i++) await kind.create(holder, undefined);
  const before = await heap();
  for (let i = 0; i < MANY; i++) await kind.create(holder, undefined);
  await clock.elapse(3000);
  const idle = (await heap()) - before;
  expect(kind.stats().idle).toBe(MANY + 100);
  await clock.elapse(6 * MINUTE);
  await clock.elapse(5000);
  const asleep = (await heap()) - before;
  expect(kind.stats()).toMatchObject({ idle: 0, asleep: MANY + 100 });
  expect(idle / MANY).toBeLessThan(800);
  expect(asleep / MANY).toBeLessThan(400);
  await kind.close();
  services.deadlines.stop();
});

it.each([
  ['is kept for the next time', { state: () => undefined }, { size: 3 }],
  ['is not kept where onWake opens it', { onWake: () => undefined }, undefined],
  ['is not kept where it does not sleep', {}, undefined],
])('what a handle was opened with %s', async (_, how, kept) => {
  const services = servicesOf({});
  const seen: unknown[] = [];
  const open = (input: unknown): void => void seen.push(input);
  const kind = kindOf(settleHandle({ name: 'box', open, ...how }), services);
  const { input } = await kind.create(holder, { size: 3 });
  expect([seen, input]).toEqual([[{ size: 3 }], kept]);
  await kind.close();
  services.deadlines.stop();
});
