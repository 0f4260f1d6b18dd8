import { describe, expect, it } from 'vitest';
import type { StoreChange } from '../../src/store/store.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

const MINUTE = 60_000;

/** Whoever reads it while it writes finds what was there before. */
class SlowDisk extends DurableMemory {
  override async write(changes: readonly StoreChange[]): Promise<void> {
    const copy = structuredClone(changes);
    await turn();
    await super.write(copy);
  }
}

/** Opens sessions and lets all of them fall asleep. */
async function asleep(world: FakeRuntime, count: number, user?: string): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => world.open(user)));
  await world.clock.elapse(MINUTE / 10);
  // At once: no disk is slower than the clock.
  world.clock.advance(5 * MINUTE);
  await eventually(() => world.runtime.residents().length === 0);
}

/** What ended, and how often. */
function ends(world: FakeRuntime): Map<string, number> {
  const ended = new Map<string, number>();
  world.runtime.on('session.ended', ({ session }) => {
    ended.set(session, (ended.get(session) ?? 0) + 1);
  });
  return ended;
}

const once = (count: number): number[] => Array.from({ length: count }, () => 1);

describe.each([
  ['in memory', () => undefined],
  ['in a durable store', () => new SlowDisk()],
])('a crowd of sleeping sessions, %s', (_, open) => {
  const start = (options: ConstructorParameters<typeof FakeRuntime>[0] = {}): FakeRuntime => {
    const store = open();
    return new FakeRuntime({
      maxHandshakes: 2000,
      // Of a clock that leaps, the disk does not take its time.
      storeTimeoutMs: 60 * MINUTE,
      ...options,
      ...(store !== undefined && { store }),
    });
  };

  it('ends in one sweep when its time is over, each once', async () => {
    const world = start();
    const ended = ends(world);
    await asleep(world, 1000);
    expect(world.runtime.stats().sessions.asleep).toBe(1000);
    while (ended.size === 0) await world.clock.elapse(MINUTE / 2);
    // The next sweep is half a minute away or more.
    for (let i = 0; i < 100; i++) await world.clock.elapse(10);
    expect(world.runtime.stats()).toMatchObject({
      sessions: { total: 0 },
      evicted: { expired: 1000 },
    });
    expect([...ended.values()]).toEqual(once(1000));
    expect((await world.runtime.list()).sessions).toEqual([]);
  });

  it('is cut down to maxSleeping, each once, those that slept longest first', async () => {
    const world = start({ maxSleeping: 40 });
    const ended = ends(world);
    const first = await world.open();
    await asleep(world, 0);
    await asleep(world, 100);
    await eventually(() => ended.size === 61);
    expect([...ended.values()]).toEqual(once(61));
    expect(world.runtime.stats()).toMatchObject({
      sessions: { asleep: 40, total: 40 },
      evicted: { capacity: 61 },
      limits: { maxSleeping: 61 },
    });
    expect((await world.runtime.list({ limit: 1000 })).sessions).toHaveLength(40);
    expect((await (await first.request('ping')).whole()).status).toBe(404);
  });

  it('is cut down to maxSleeping at the cost of whoever has most, however old the others are', async () => {
    const world = start({ maxSleeping: 40, maxSessionsPerPrincipal: 1000 });
    const ended = ends(world);
    const own = new Map<string, string>();
    world.runtime.on('session.started', ({ session, principal }) => own.set(session, principal));
    await asleep(world, 10, 'bob');
    await asleep(world, 5, 'ann');
    await asleep(world, 60, 'mallory');
    await eventually(() => ended.size === 35);
    expect(new Set([...ended.keys()].map((key) => own.get(key))).size).toBe(1);
    expect(world.runtime.stats()).toMatchObject({
      sessions: { asleep: 40 },
      limits: { maxSleeping: 35 },
    });
    // One that wakes is no part of it, nor is one that ends.
    const bobs = await world.runtime.list({ principal: 'bob' });
    for (const { id } of bobs.sessions.slice(0, 5)) await world.runtime.evict(id);
    await asleep(world, 10);
    await eventually(() => ended.size === 35 + 5 + 5);
    const left = async (principal: string): Promise<number> =>
      (await world.runtime.list({ principal, limit: 1000 })).sessions.length;
    expect([await left('ann'), await left('bob'), await left('mallory')]).toEqual([5, 5, 20]);
  });

  it('is cut down to maxSleepingPerPrincipal, that of this principal alone', async () => {
    const world = start({ maxSleepingPerPrincipal: 10, maxSessionsPerPrincipal: 100 });
    const ended = ends(world);
    await asleep(world, 20);
    await asleep(world, 30, 'ann');
    await eventually(() => ended.size === 20);
    expect([...ended.values()]).toEqual(once(20));
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 30, total: 30 });
    const { sessions } = await world.runtime.list({ principal: 'ann', limit: 1000 });
    expect(sessions).toHaveLength(10);
  });
});

/** Lists what is due, and forgets nothing. */
class Hoarder extends DurableMemory {
  isHoarding = false;
  asked = 0;

  override async write(changes: readonly StoreChange[]): Promise<void> {
    if (this.isHoarding) throw new Error('no space left on device');
    await super.write(changes);
  }

  override async due(now: number, limit: number): ReturnType<DurableMemory['due']> {
    this.asked++;
    return super.due(now, limit);
  }
}

it('a store that does not forget is asked again with the next sweep, not at once', async () => {
  const store = new Hoarder();
  const world = new FakeRuntime({ store, maxHandshakes: 2000 });
  const ended = ends(world);
  await asleep(world, 300);
  store.isHoarding = true;
  const before = store.asked;
  await world.clock.elapse(40 * MINUTE);
  expect(new Set(ended.values())).toEqual(new Set([1]));
  expect(store.asked - before).toBeLessThan(45);
  store.isHoarding = false;
  await world.clock.elapse(3 * MINUTE);
  expect([...ended.values()]).toEqual(once(300));
  expect(await store.count()).toBe(0);
}, 120_000);
