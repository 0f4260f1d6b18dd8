import { describe, expect, it } from 'vitest';
import { CountedEngine } from '../../src/cluster/countedEngine.ts';
import { memoryEngine } from '../../src/cluster/memoryEngine.ts';
import { RoundTrips } from '../../src/cluster/roundTrips.ts';
import { Tallies } from '../../src/cluster/tallies.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { FaultyEngine } from './faultyEngine.ts';

describe('RoundTrips', () => {
  it('says what a share of them took at most', () => {
    const trips = new RoundTrips();
    expect([trips.within(0.5), trips.count]).toEqual([undefined, 0]);
    trips.add(7);
    expect([trips.within(0.5), trips.within(0.99)]).toEqual([7, 7]);
    for (let ms = 100; ms > 0; ms--) trips.add(ms);
    expect([trips.within(0.5), trips.within(0.99)]).toEqual([50, 99]);
  });

  it('knows the last 512, and counts all', () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 512; i++) trips.add(1000);
    for (let i = 0; i < 511; i++) trips.add(0.25);
    expect([trips.within(0.5), trips.within(1), trips.count]).toEqual([0.25, 1000, 1023]);
    trips.add(0.25);
    expect(trips.within(1)).toBe(0.25);
  });
});

describe('CountedEngine', () => {
  it('counts each answer once, with its time, each failure, and each reconnect', async () => {
    const tallies = new Tallies();
    const faulty = new FaultyEngine(memoryEngine({ clock: new VirtualClock() }).connect());
    let now = 0;
    const fine = (): number => (now += 0.5);
    const engine = new CountedEngine({ engine: faulty, tallies, fine });
    let told = 0;
    engine.onReconnect(() => told++);
    const space = engine.space(undefined);
    await engine.join('a#1', 5000, Buffer.of());
    await engine.renew('a#1', 5000, Buffer.of());
    await engine.leftMs('a#1');
    await engine.members();
    await space.look('p');
    await space.claim('p', 'a#1', 0);
    await space.write('a#1', []);
    await space.release('a#1', { print: 'p', token: 1, revision: 1 });
    await space.reassert('a#1', []);
    await space.read('p');
    await space.page({ limit: 1 });
    await space.due(0, 1);
    await space.count();
    await engine.leave('a#1');
    expect([tallies.roundTrips.count, tallies.failed, tallies.reconnects]).toEqual([14, 0, 0]);
    expect(tallies.roundTrips.within(0.99)).toBe(0.5);
    faulty.break();
    await expect(space.look('p')).rejects.toMatchObject({ code: 'store-unavailable' });
    faulty.mend();
    expect([tallies.roundTrips.count, tallies.failed, tallies.reconnects, told]).toEqual([
      14, 1, 1, 1,
    ]);
  });

  it('hands the very promise on: nobody waits a turn longer', async () => {
    const answer = Promise.resolve(7);
    const inner = { leftMs: () => answer } as unknown as FaultyEngine;
    const engine = new CountedEngine({ engine: inner, tallies: new Tallies(), fine: () => 0 });
    expect(engine.leftMs('a#1')).toBe(answer);
  });
});
