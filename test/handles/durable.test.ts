import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { HandleWorld } from '../support/handleWorld.ts';

const GONE = expect.stringContaining('! There is no such page') as string;
const MINUTE = 60_000;

describe('a durable store', () => {
  const options = {
    state: () => ({ count: 0 }),
    onSleep: (page: { url: string }) => page.url,
    onWake: (kept: unknown) => ({ url: `woken with ${String(kept)}` }),
  };

  it.each([
    ['after a drain', true, 'woken with https://a 1'],
    ['after a kill', false, 'woken with undefined 1'],
  ])('has handles go on in the next process %s', async (_, drains, said) => {
    const store = new DurableMemory();
    const world = new HandleWorld(options, { store });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    await ann('visit', { page, url: 'https://a' });
    if (drains) {
      const drained = world.runtime.drain({ deadlineMs: 1000 });
      await world.settle(1000);
      await drained;
    }
    const next = new HandleWorld(options, { store }, world.clock.now());
    await next.settle();
    const [modern, bob] = [await next.modern('ann'), await next.legacy('bob')];
    expect(JSON.parse(await modern('list_pages'))).toMatchObject([{ page, isAsleep: true }]);
    expect(await bob('where', { page })).toEqual(GONE);
    expect(await modern('where', { page })).toBe(said);
    expect(next.opened).toEqual([]);
    await modern('destroy_page', { page });
    await next.settle(1000);
    expect(await store.parts.get('handles')!.count()).toBe(0);
  });

  it('U24: has a handle of a drain announced as kept, and not as ended', async () => {
    const world = new HandleWorld(options, { store: new DurableMemory() });
    const [kept, ended] = [world.record('handle.kept'), world.record('handle.ended')];
    await (
      await world.modern('ann')
    )('create_page');
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    await world.settle(1000);
    await drained;
    expect([kept, ended]).toMatchObject([[{ kind: 'page', ageMs: expect.any(Number) }], []]);
    const { kept: count, ended: reasons } = world.runtime.stats().handles['page']!;
    expect([count, reasons.drained]).toEqual([1, 0]);
  });

  it('keeps no handle that says nothing of sleep', async () => {
    const store = new DurableMemory();
    const world = new HandleWorld({}, { store });
    const page = await (await world.modern('ann'))('create_page');
    await world.settle(1000);
    const next = new HandleWorld({}, { store }, world.clock.now());
    expect(await (await next.modern('ann'))('where', { page })).toEqual(GONE);
  });

  it('says so of a handle that can not be kept, which goes on in memory', async () => {
    const store = new DurableMemory();
    const world = new HandleWorld({ state: () => ({ count: 0, log: () => {} }) }, { store });
    const unstorable = world.record('handle.unstorable');
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    expect(unstorable).toMatchObject([{ kind: 'page' }]);
    await world.settle(6 * MINUTE);
    expect(world.runtime.handles()).toMatchObject([{ state: 'idle.pinned' }]);
    expect(await ann('where', { page })).toBe('about:blank 0');
  });

  it('that fails keeps nobody from a handle', async () => {
    const store = new DurableMemory();
    const world = new HandleWorld(options, { store });
    const ann = await world.modern('ann');
    await ann('where', { page: 'unknown' });
    store.part('handles').trouble = 'fails';
    const failed = world.record('store.failed');
    const page = await ann('create_page');
    expect(await ann('visit', { page, url: 'https://a' })).toBe('at https://a');
    expect(failed.length).toBeGreaterThan(0);
    store.part('handles').trouble = undefined;
    await world.settle(5000);
    const next = new HandleWorld(options, { store }, world.clock.now());
    expect(await (await next.modern('ann'))('where', { page })).toBe('woken with undefined 1');
  });

  it('that fails is no secret, and what it says of itself is', async () => {
    const store = new DurableMemory();
    const world = new HandleWorld(options, { store });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    store.part('handles').trouble = 'fails';
    expect(await ann('list_pages')).toBe('! the session store failed');
    expect(await ann('destroy_page', { page })).toBe('! the session store failed');
    expect(await ann('where', { page })).toEqual(GONE);
    store.part('handles').trouble = undefined;
    await world.settle(5000);
    expect(await store.part('handles').count()).toBe(0);
  });

  it('removes expired records of kinds that the program no longer has', async () => {
    const store = new DurableMemory();
    const world = new HandleWorld(options, { store });
    await (
      await world.modern('ann')
    )('create_page');
    await world.settle(1000);
    const later = world.clock.now() + 40 * MINUTE;
    const next = new HandleWorld(
      { ...options, name: 'tab' },
      { store, maxClockGapMs: 86_400_000 },
      later,
    );
    await (
      await next.modern('ann')
    )('create_tab');
    await next.settle(3 * MINUTE);
    const { records } = await store.part('handles').page({ limit: 10 });
    expect(records).toMatchObject([{ home: 'tab' }]);
  });
});
