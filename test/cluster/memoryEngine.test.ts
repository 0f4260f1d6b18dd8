import { expect, it, onTestFinished } from 'vitest';
import { memoryEngine } from '../../src/cluster/memoryEngine.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { engineContract } from './engineContract.ts';
import { ABOUT, born, LEASE_MS, node, print } from './engineRig.ts';
import { FaultyMemory } from './faultyMemory.ts';

engineContract('memoryEngine', async () => {
  const clock = new VirtualClock();
  const faulty = new FaultyMemory(clock);
  let kept = faulty.snapshot();
  return {
    connect: () => {
      const engine = faulty.connect();
      onTestFinished(() => engine.close());
      return engine;
    },
    pass: async (ms) => clock.advance(ms),
    wipe: async () => faulty.wipe({ isSame: true }),
    keep: async () => void (kept = faulty.snapshot()),
    failOver: async () => faulty.failOver(kept),
  };
});

it('memoryEngine is one memory for all that connect to it, and none for others', async () => {
  const clock = new VirtualClock();
  const [one, other] = [memoryEngine({ clock }), memoryEngine({ clock })];
  const a = one.connect();
  await a.join('a#1', LEASE_MS, ABOUT);
  expect(await one.connect().leftMs('a#1')).toBe(LEASE_MS);
  expect(await other.connect().leftMs('a#1')).toBe(0);
});

it('memoryEngine answers in a later microtask', async () => {
  const clock = new VirtualClock();
  const engine = memoryEngine({ clock }).connect();
  const order: string[] = [];
  const left = engine.leftMs('a#1').then(() => order.push('answer'));
  order.push('asked');
  await left;
  expect(order).toEqual(['asked', 'answer']);
});

it('memoryEngine ends leases early by a clock that is set forward, and late by one that is set back', async () => {
  const clock = new VirtualClock(10 ** 9);
  const faulty = new FaultyMemory(clock);
  const a = await node(faulty, 'a#1');
  await born(a, 's');
  faulty.aheadMs = -3_600_000;
  expect(await a.engine.leftMs('a#1')).toBe(LEASE_MS + 3_600_000);
  faulty.aheadMs = 3_600_000;
  expect(await a.engine.leftMs('a#1')).toBe(0);
  expect(await a.sessions.claim(print('s'), 'b#1', 0)).toMatchObject({ is: 'ours', from: 'a#1' });
});
