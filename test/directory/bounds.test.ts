import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { MINUTE, sleep } from '../support/sleep.ts';
import type { WireClient } from '../support/wireClient.ts';

const status = async (client: WireClient, method = 'tools/list'): Promise<number> =>
  (await (await client.request(method)).whole()).status;

describe('bounds of those asleep', () => {
  it('maxSleeping ends those that slept longest', async () => {
    const world = new FakeRuntime({ maxSleeping: 2 });
    const clients = [await world.open(), await world.open(), await world.open()];
    await sleep(world);
    expect(world.runtime.stats()).toMatchObject({
      sessions: { asleep: 2 },
      evicted: { capacity: 1 },
      limits: { maxSleeping: 1 },
    });
    expect(await Promise.all(clients.map((client) => status(client, 'ping')))).toEqual([
      404, 200, 200,
    ]);
  });

  it('maxSleepingPerPrincipal ends those of that principal alone', async () => {
    const world = new FakeRuntime({ maxSleepingPerPrincipal: 1 });
    const [ann, bob] = [await world.open('ann'), await world.open('bob')];
    await sleep(world);
    const again = await world.open('ann');
    await sleep(world);
    expect(world.runtime.stats().limits['maxSleepingPerPrincipal']).toBe(1);
    const all = [ann, bob, again].map((client) => status(client, 'ping'));
    expect(await Promise.all(all)).toEqual([404, 200, 200]);
  });

  it('maxSleepingBytes bounds handshakes, and equal ones count once', async () => {
    const world = new FakeRuntime({ maxSleepingBytes: 1500 });
    for (let i = 0; i < 10; i++) await world.open();
    await sleep(world);
    expect(world.runtime.stats().sessions.asleep).toBe(10);
    const fat = await world.open();
    await fat.call('resources/subscribe', { uri: `test://${'x'.repeat(2000)}` });
    await sleep(world);
    expect(world.runtime.stats().limits['maxSleepingBytes']).toBeGreaterThan(0);
    expect(world.runtime.stats().sessions.asleep).toBeLessThan(11);
  });

  it('maxSleepingBytes ends those of whoever brought most, not the eldest', async () => {
    const world = new FakeRuntime({ maxSleepingBytes: 12_000 });
    const bob = await world.open('bob');
    await sleep(world);
    const fat = async (n: number): Promise<WireClient> => {
      const client = await world.open('mallory');
      await client.call('resources/subscribe', { uri: `test://${n}${'x'.repeat(2000)}` });
      return client;
    };
    const mallory = [];
    for (let n = 0; n < 8; n++) mallory.push(await fat(n));
    await sleep(world);
    expect(await status(bob, 'ping')).toBe(200);
    expect(await status(mallory[0]!, 'ping')).toBe(404);
    expect(await status(mallory[7]!, 'ping')).toBe(200);
    expect(world.runtime.stats().limits['maxSleepingBytes']).toBeGreaterThan(0);
  });

  it('leaves no timer, no queue and no actor behind', async () => {
    const world = new FakeRuntime();
    for (let i = 0; i < 5; i++) await world.open();
    await sleep(world);
    await world.clock.elapse(40 * MINUTE);
    const { lifetimes } = endpointOf(world.runtime).directory.supervisor;
    const { quiet, idle, evict, closing, handshake } = lifetimes;
    expect([quiet, idle, evict, closing, handshake].map(({ size }) => size)).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(world.runtime.stats().sessions.total).toBe(0);
    await world.runtime.close();
    expect(world.clock.pending).toBe(0);
  });

  it('close() lets those asleep go, and counts them', async () => {
    const world = new FakeRuntime();
    await world.open();
    await sleep(world);
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await closed;
    expect(world.runtime.stats()).toMatchObject({
      evicted: { drained: 1 },
      sessions: { total: 0 },
    });
  });
});

describe('a drain', () => {
  it('wakes nobody: in memory, who sleeps ends with the process', async () => {
    const world = new FakeRuntime();
    const [client, busy] = [await world.open(), await world.open()];
    const held = busy.call('hold', {}, 1);
    await sleep(world);
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    expect(await status(client)).toBe(404);
    world.servers[1]!.answer(1);
    await held;
    await drained;
    expect(world.runtime.stats().woken).toBe(0);
  });
});
