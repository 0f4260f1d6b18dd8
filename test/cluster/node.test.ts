import { beforeEach, describe, expect, it } from 'vitest';
import { rejected } from '../support/rejected.ts';
import { LEASE_MS, NodeWorld, SUSPEND_MS } from './nodeWorld.ts';

const BEAT_MS = LEASE_MS / 3;

describe('a Node that begins', () => {
  it('has a lease, then an inbox that answers, and is live then', async () => {
    const world = new NodeWorld();
    const started = world.node.start();
    expect([world.node.state, world.node.isLive]).toEqual(['joining', false]);
    await world.clock.elapse(1);
    expect([world.listening.has('boot#1'), world.node.isLive]).toEqual([true, false]);
    await world.clock.elapse(5);
    await started;
    expect([world.node.isLive, world.node.mayClaim]).toEqual([true, true]);
    expect(world.changes).toEqual(['live node.recovered']);
    expect(world.asked).toEqual(['join boot#1']);
  });

  it('is not live before its inbox has answered', async () => {
    const world = new NodeWorld();
    world.isDeaf = true;
    const started = rejected(world.node.start());
    await world.clock.elapse(LEASE_MS * 5);
    expect(world.changes).toEqual([]);
    expect(await started).toMatchObject({ code: 'store-unavailable' });
    world.isDeaf = false;
    await world.clock.elapse(LEASE_MS);
    expect(world.node.isLive).toBe(true);
    expect([...world.listening]).toEqual([world.node.incarnation]);
  });

  it('goes on trying where the engine can not be asked', async () => {
    const world = new NodeWorld();
    world.engine.isDown = true;
    const started = rejected(world.node.start());
    await world.clock.elapse(SUSPEND_MS);
    expect(await started).toMatchObject({ code: 'store-unavailable' });
    expect(world.failures.length).toBeGreaterThan(10);
    world.engine.isDown = false;
    await world.clock.elapse(BEAT_MS);
    expect(world.node.isLive).toBe(true);
  });

  it('joins again where the answer was lost, as the same incarnation', async () => {
    const world = new NodeWorld();
    world.engine.answersToLose = 1;
    const started = world.node.start();
    await world.clock.elapse(BEAT_MS);
    await started;
    expect(world.asked).toEqual(['join boot#1', 'join boot#1']);
  });
});

describe('the lease of a Node', () => {
  let world: NodeWorld;
  beforeEach(async () => {
    world = await NodeWorld.live();
  });

  it('is renewed each third of its time, with a ping', async () => {
    const pings = world.pings;
    await world.clock.elapse(LEASE_MS * 10);
    expect(world.engine.log.length).toBeGreaterThanOrEqual(29);
    expect(world.pings - pings).toBe(world.engine.log.length);
    expect([world.asked, world.changes, world.node.generation]).toEqual([[], [], 0]);
  });

  it('is counted on for 0.9 of its time from the moment before the beat was sent', async () => {
    world.engine.latencyMs = 500;
    const [before] = [world.engine.log.length];
    while (world.engine.log.length === before) await world.clock.elapse(1);
    const asked = world.clock.now();
    await world.clock.elapse(600);
    expect(world.node.leaseLeftMs).toBe(asked + LEASE_MS * 0.9 - world.clock.now());
    world.engine.isDown = true;
    await world.clock.elapse(asked + LEASE_MS * 0.9 - 1 - world.clock.now());
    expect([world.node.isLive, world.node.state]).toEqual([true, 'live']);
    await world.clock.elapse(1);
    expect([world.node.isLive, world.changes]).toEqual([false, ['suspended lease.lapsed']]);
  });

  it('is over at the first look of a process that was stopped, before any timer', async () => {
    const claim = world.own('s');
    world.clock.stop(LEASE_MS * 2);
    expect([world.node.isLive, world.node.isOwn(claim), world.node.mayClaim]).toEqual([
      false,
      false,
      false,
    ]);
    const served = world.node.whenOwn(claim);
    expect(world.node.state).toBe('suspended');
    await world.clock.elapse(20);
    expect(await served).toBe(true);
    expect(world.asked).toEqual(['join boot#2', 'reassert boot#2 -: p-s']);
  });

  it('survives a process that was stopped for less', async () => {
    world.clock.stop(LEASE_MS / 2);
    expect(world.node.isLive).toBe(true);
    await world.clock.elapse(LEASE_MS);
    expect([world.changes, world.asked]).toEqual([[], []]);
  });

  it('survives a process that was stopped with its ping under way', async () => {
    const { pings } = world;
    while (world.pings === pings) await world.clock.elapse(0.5);
    world.clock.stop(LEASE_MS / 2);
    expect(world.node.isLive).toBe(false);
    const live = world.node.live();
    await world.clock.elapse(2);
    await live;
    expect([world.changes, world.asked]).toEqual([[], []]);
  });

  it('is over by the wall clock where the steady one stood still', async () => {
    world.wallAheadMs = LEASE_MS;
    expect(world.node.isLive).toBe(false);
    const live = world.node.live();
    await world.clock.elapse(20);
    await live;
    // The engine had it still.
    expect([world.changes, world.asked]).toEqual([
      ['suspended lease.lapsed', 'live node.recovered'],
      [],
    ]);
  });

  it('lasts by the steady clock where the wall clock was set back', async () => {
    world.wallAheadMs = -3_600_000;
    world.engine.isDown = true;
    await world.clock.elapse(LEASE_MS);
    expect(world.node.isLive).toBe(false);
  });

  it('is not renewed while the engine does not answer, and the node loses nothing', async () => {
    const claim = world.own('s');
    world.engine.isDown = true;
    await world.clock.elapse(LEASE_MS * 0.5);
    expect([world.node.isLive, world.node.isOwn(claim)]).toEqual([true, true]);
    await world.clock.elapse(LEASE_MS * 20);
    expect([world.node.isLive, world.lost]).toEqual([false, []]);
    world.engine.isDown = false;
    await world.clock.elapse(BEAT_MS);
    expect([world.node.isLive, world.lost, claim.isLost]).toEqual([true, [], false]);
  });

  it('gives up an engine that never answers, and asks again', async () => {
    world.engine.latencyMs = Infinity;
    await world.clock.elapse(LEASE_MS * 4);
    expect(world.node.state).toBe('suspended');
    world.engine.latencyMs = 1;
    await world.clock.elapse(LEASE_MS * 2);
    expect(world.node.isLive).toBe(true);
    expect(world.failures[0]).toMatchObject({ code: 'store-unavailable' });
  });
});

describe('what waits for a Node', () => {
  it('fails after suspendMs, and each for itself', async () => {
    const world = await NodeWorld.live();
    world.engine.isDown = true;
    await world.clock.elapse(LEASE_MS);
    const [first, claim] = [rejected(world.node.live()), world.own('s')];
    await world.clock.elapse(SUSPEND_MS - 1000);
    const second = world.node.live();
    const third = world.node.whenOwn(claim);
    await world.clock.elapse(1000);
    expect(await first).toMatchObject({ code: 'store-unavailable' });
    world.engine.isDown = false;
    await world.clock.elapse(LEASE_MS);
    await second;
    expect(await third).toBe(true);
  });

  it('does not ask the engine more often', async () => {
    const world = await NodeWorld.live();
    world.engine.isDown = true;
    await world.clock.elapse(LEASE_MS);
    const before = world.engine.log.length;
    const waiting = Array.from({ length: 100 }, () => rejected(world.node.live()));
    await world.clock.elapse(LEASE_MS);
    expect(world.engine.log.length - before).toBeLessThanOrEqual(11);
    const left = world.node.leave();
    await Promise.all(waiting);
    await world.clock.elapse(1);
    await left;
  });
});

describe('a Node that drains', () => {
  it('serves what it owns, keeps its lease, and claims nothing', async () => {
    const world = await NodeWorld.live();
    const claim = world.own('s');
    world.node.retire();
    await world.clock.elapse(1);
    expect(world.engine.log).toEqual(['renew boot#1']);
    await world.clock.elapse(LEASE_MS * 2);
    expect([world.node.isLive, world.node.mayClaim, world.node.isOwn(claim)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(world.changes).toEqual(['draining.serving node.retired']);
  });

  it('recovers what it owns, and still claims nothing', async () => {
    const world = await NodeWorld.live();
    world.own('s');
    world.node.retire();
    world.engine.leases.clear();
    await world.clock.elapse(BEAT_MS * 2);
    expect(world.asked).toEqual(['join boot#2', 'reassert boot#2 -: p-s']);
    expect([world.node.isLive, world.node.mayClaim]).toEqual([true, false]);
  });
});

describe('a Node that leaves', () => {
  it('ends its lease, hears nothing more, and refuses who waits', async () => {
    const world = await NodeWorld.live();
    world.engine.isDown = true;
    await world.clock.elapse(LEASE_MS);
    world.engine.isDown = false;
    const waiting = rejected(world.node.live());
    const left = world.node.leave();
    expect([world.node.state, world.node.isLive, world.node.leave()]).toEqual([
      'left',
      false,
      left,
    ]);
    expect(await waiting).toMatchObject({ code: 'store-unavailable' });
    await world.clock.elapse(10);
    await left;
    expect([world.engine.isAlive('boot#1'), world.listening.size]).toEqual([false, 0]);
    expect(await rejected(world.node.live())).toMatchObject({ code: 'store-unavailable' });
    world.engine.reconnect();
    world.node.retire();
    await world.clock.elapse(LEASE_MS * 3);
    expect([world.asked, world.clock.pending]).toEqual([['leave boot#1'], 0]);
  });

  it('leaves also an engine that can not be asked', async () => {
    const world = await NodeWorld.live();
    world.engine.latencyMs = Infinity;
    await world.clock.elapse(BEAT_MS);
    const left = world.node.leave();
    await world.clock.elapse(LEASE_MS);
    await left;
    expect([world.failures.length, world.listening.size]).toEqual([1, 0]);
  });

  it('leaves in the middle of a recovery, which ends there', async () => {
    const world = await NodeWorld.live();
    world.own('s');
    world.engine.before.set('reassert', () => void world.node.leave());
    world.engine.reconnect();
    await world.clock.elapse(LEASE_MS * 3);
    expect(world.asked).toEqual(['reassert boot#1 -: p-s', 'leave boot#1']);
    expect(world.changes.at(-1)).toBe('left node.left');
  });
});
