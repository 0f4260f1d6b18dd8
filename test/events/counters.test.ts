import { describe, expect, it } from 'vitest';
import { END_REASONS } from '../../machines/index.ts';
import { DEAD_LETTER_REASONS } from '../../src/events/events.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

const ask = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/list' });

describe('stats()', () => {
  it('begins at zero, with every member of the closed sets there', () => {
    const stats = new FakeRuntime().runtime.stats();
    expect(Object.keys(stats.evicted)).toEqual([...END_REASONS]);
    expect(Object.keys(stats.deadLetters)).toEqual([...DEAD_LETTER_REASONS]);
    const numbers = JSON.stringify(stats).match(/\d+/g) ?? [];
    expect(new Set(numbers)).toEqual(new Set(['0']));
  });

  it('is a copy: what one caller does to it, no other sees', () => {
    const { runtime } = new FakeRuntime();
    (runtime.stats().evicted as Record<string, number>)['expired'] = 99;
    expect(runtime.stats().evicted.expired).toBe(0);
  });

  it('counts sessions by state as they move, and their sum', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    await world.quiet();
    await world.open();
    expect(world.runtime.stats().sessions).toEqual({
      initializing: 0,
      active: 1,
      idle: 1,
      asleep: 0,
      closing: 0,
      total: 2,
    });
    await client.delete();
    await turn();
    expect(world.runtime.stats()).toMatchObject({
      spawned: 2,
      sessions: { idle: 0, total: 1 },
      evicted: { terminated: 1 },
    });
  });

  it('counts each request once, however soon it is answered, and nothing else', async () => {
    const world = new FakeRuntime();
    const client = await world.open(undefined, { version: '2025-03-26' });
    const before = world.runtime.stats().calls;
    await client.call('tools/list');
    await client.notify('notifications/roots/list_changed');
    const held = client.request('hold', {}, 'held');
    await turn();
    world.server.answer('held');
    await held;
    await client.post([ask(1), { jsonrpc: '2.0', method: 'notifications/x' }, ask(2)]);
    expect(world.runtime.stats().calls - before).toBe(4);
  });

  it('keeps the highest marks of any one session', async () => {
    const world = new FakeRuntime({ concurrency: 1 });
    const client = await world.open();
    for (const id of [1, 2, 3]) void client.request('hold', {}, id);
    await turn();
    expect(world.runtime.stats().highWater).toMatchObject({ inFlight: 3, queue: 2, stash: 1 });
    for (const id of [1, 2, 3]) {
      world.server.answer(id);
      await turn();
    }
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, highWater: { inFlight: 3 } });
  });
});
