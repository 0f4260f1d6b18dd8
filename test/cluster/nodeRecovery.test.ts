import { beforeEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../src/cluster/claims.ts';
import { claimOf, LEASE_MS, NodeWorld } from './nodeWorld.ts';

const BEAT_MS = LEASE_MS / 3;

/** The prints of each call that asserted something. */
function batches(world: NodeWorld): string[][] {
  return world.asked
    .filter((text) => text.startsWith('reassert'))
    .map((text) => text.slice(text.indexOf(':') + 2).split(' '));
}

let world: NodeWorld;
beforeEach(async () => {
  world = await NodeWorld.live();
});

describe('a Node whose lease was lost', () => {
  it('is suspended, has another lease, asserts all, those in use first, and serves, in this order', async () => {
    const order: string[] = [];
    world.onChanged = (state) => void order.push(state);
    for (const call of ['renew', 'join', 'reassert']) {
      world.engine.before.set(call, () => void order.push(`${call} ${world.node.state}`));
    }
    for (let i = 0; i < 1200; i++) world.own(`${i}`);
    for (const id of ['3', '700', '1199']) world.inUse.add(id);
    world.engine.leases.clear();
    await world.clock.elapse(BEAT_MS + 20);
    expect(order).toEqual([
      'renew live',
      'suspended',
      'join suspended',
      // The inbox has answered.
      'renew suspended',
      ...Array.from({ length: 3 }, () => 'reassert suspended'),
      'live',
    ]);
    expect(batches(world).map(({ length }) => length)).toEqual([500, 500, 200]);
    expect(world.reasserted).toBe(1200);
    expect(batches(world)[0]!.slice(0, 4)).toEqual(['p-3', 'p-700', 'p-1199', 'p-0']);
    expect([...world.engine.sessions.values()].every(({ owner }) => owner === 'boot#2')).toBe(true);
    expect([world.node.incarnation, world.node.generation]).toEqual(['boot#2', 1]);
    expect([...world.listening]).toEqual(['boot#2']);
  });

  it('knows all incarnations of its process, and the engine does', async () => {
    world.own('s');
    for (let i = 0; i < 2; i++) {
      world.engine.leases.clear();
      // The engine goes back to where another incarnation was the owner.
      world.engine.sessions.get('p-s')!.owner = 'boot#1';
      await world.clock.elapse(BEAT_MS + 20);
    }
    expect([world.node.incarnation, world.node.isLive, world.lost]).toEqual(['boot#3', true, []]);
    expect(['boot#1', 'boot#3', 'boo#1', 'boot2#1'].map((each) => world.node.isSelf(each))).toEqual(
      [true, true, false, false],
    );
  });

  it('loses what another has claimed meanwhile, and keeps the rest', async () => {
    const [taken, kept] = [world.own('taken'), world.own('kept')];
    world.engine.leases.clear();
    Object.assign(world.engine.sessions.get('p-taken')!, { owner: 'other#1', token: 8 });
    await world.clock.elapse(BEAT_MS + 20);
    expect([world.lost, taken.isLost, kept.isLost]).toEqual([[taken], true, false]);
    expect([world.node.isOwn(taken), world.node.isOwn(kept)]).toEqual([false, true]);
    expect(await world.node.whenOwn(taken)).toBe(false);
  });

  it('is another node where its process was forked', async () => {
    const fork = new NodeWorld('fork', world);
    await fork.start();
    world.own('s');
    const copy = claimOf('s');
    fork.claims.add(copy);
    fork.engine.reconnect();
    await world.clock.elapse(20);
    expect([fork.lost, world.lost]).toEqual([[copy], []]);
    expect(fork.node.isSelf(world.node.incarnation)).toBe(false);
  });

  it('writes again what the engine has less of', async () => {
    world.own('s', { revision: 3 }).revision = 4;
    world.own('whole', { revision: 3 });
    world.own('gone');
    world.engine.sessions.delete('p-gone');
    world.engine.leases.clear();
    await world.clock.elapse(BEAT_MS + 20);
    expect(world.restowed).toEqual(['s', 'gone']);
  });

  it('asserts each space by itself, and nothing that was never written', async () => {
    world.own('a');
    world.own('b', { space: 'tasks' });
    world.own('c');
    world.own('unborn').isBorn = false;
    world.engine.leases.clear();
    await world.clock.elapse(BEAT_MS + 20);
    expect(world.asked).toEqual([
      'join boot#2',
      'reassert boot#2 -: p-a p-c',
      'reassert boot#2 tasks: p-b',
    ]);
    expect(world.node.isLive).toBe(true);
  });
});

describe('a Node whose connection is there again', () => {
  it('asserts everything under the lease that lasts', async () => {
    const claim = world.own('s');
    world.engine.reconnect();
    expect([world.node.isLive, world.node.isOwn(claim), world.node.generation]).toEqual([
      false,
      false,
      1,
    ]);
    await world.clock.elapse(20);
    expect(world.asked).toEqual(['reassert boot#1 -: p-s']);
    expect([world.node.isLive, world.node.isInGrace]).toEqual([true, false]);
    expect(world.changes).toEqual(['suspended connection.restored', 'live node.recovered']);
    world.engine.reconnect();
    await world.clock.elapse(20);
    expect([world.asked.length, world.node.generation]).toEqual([2, 2]);
  });

  it('counts on no answer to what was asked before', async () => {
    const claim = world.own('s');
    world.engine.latencyMs = 100;
    world.engine.reconnect();
    // In the middle of the first recovery.
    world.engine.before.set('reassert', () => {
      world.engine.before.clear();
      world.clock.setTimeout(() => world.engine.reconnect(), 60);
    });
    await world.clock.elapse(270);
    expect([world.node.generation, world.node.isOwn(claim)]).toEqual([2, false]);
    await world.clock.elapse(400);
    expect([world.node.isLive, batches(world)]).toEqual([true, [['p-s'], ['p-s']]]);
    expect(world.failures).toEqual([]);
  });

  it('does one thing after the other: beat, loss and reconnect take turns', async () => {
    for (let i = 0; i < 1500; i++) world.own(`${i}`);
    world.engine.latencyMs = 400;
    let calls = 0;
    for (const call of ['renew', 'join', 'reassert']) {
      world.engine.before.set(call, () => void calls++);
    }
    world.engine.reconnect();
    await world.clock.elapse(1000);
    world.engine.leases.clear();
    await world.clock.elapse(300);
    world.engine.reconnect();
    await world.clock.elapse(LEASE_MS * 3);
    expect([world.node.isLive, world.engine.overlaps]).toEqual([true, 0]);
    expect(calls).toBeGreaterThan(10);
    expect(world.node.incarnation).toBe('boot#2');
  });

  it('serves what was asserted before the rest is, and what is waited for first', async () => {
    const claims = Array.from({ length: 2000 }, (_, i) => world.own(`${i}`));
    world.engine.latencyMs = 100;
    world.engine.reconnect();
    const served = world.node.whenOwn(claims[1999]!);
    let all = false;
    const live = world.node.live().then(() => (all = true));
    await world.clock.elapse(320);
    expect([await served, all, world.node.isLive]).toEqual([true, false, false]);
    expect(world.node.isOwn(claims[1500]!)).toBe(false);
    await world.clock.elapse(800);
    await live;
    expect([world.node.isOwn(claims[1500]!), batches(world).length]).toEqual([true, 4]);
  });

  it('keeps its lease however long it has to assert', async () => {
    for (let i = 0; i < 5000; i++) world.own(`${i}`);
    world.engine.latencyMs = 800;
    world.engine.reconnect();
    await world.clock.elapse(LEASE_MS * 6);
    expect([world.node.isLive, world.node.incarnation]).toEqual([true, 'boot#1']);
    expect(batches(world).length).toBe(10);
  });

  it('serves nothing of what was asserted once the lease is over', async () => {
    const claims = Array.from({ length: 1000 }, (_, i) => world.own(`${i}`));
    world.engine.latencyMs = 100;
    world.engine.reconnect();
    await world.clock.elapse(320);
    expect(world.node.isOwn(claims[0]!)).toBe(true);
    // Not so long that the answer under way would be given up.
    world.clock.stop(LEASE_MS - 400);
    expect(world.node.isOwn(claims[0]!)).toBe(false);
    // The last answers are there: the node has no lease by which it could serve.
    await world.clock.elapse(90);
    expect([batches(world).length, world.changes]).toEqual([2, ['suspended connection.restored']]);
    await world.clock.elapse(BEAT_MS);
    // The engine had it still.
    expect([world.node.isLive, world.node.incarnation]).toEqual([true, 'boot#1']);
  });

  it('begins anew where the connection was lost again in the turn of the last answer', async () => {
    world.own('s');
    world.engine.sessions.delete('p-s');
    world.onRestow = () => {
      world.onRestow = () => {};
      world.engine.sessions.delete('p-s');
      world.engine.reconnect();
    };
    world.engine.reconnect();
    await world.clock.elapse(20);
    expect([world.node.isLive, batches(world), world.restowed]).toEqual([
      true,
      [['p-s'], ['p-s']],
      ['s', 's'],
    ]);
  });

  it('goes on where it was when a batch failed', async () => {
    for (let i = 0; i < 1000; i++) world.own(`${i}`);
    let calls = 0;
    world.engine.before.set('reassert', () => {
      if (++calls === 2) world.engine.answersToLose = 1;
    });
    world.engine.reconnect();
    await world.clock.elapse(BEAT_MS);
    expect(world.node.isLive).toBe(true);
    expect(batches(world).map(([first]) => first)).toEqual(['p-0', 'p-500', 'p-500']);
    expect(world.failures.length).toBe(1);
  });

  it('asserts also what came in the middle of it', async () => {
    world.own('early');
    world.engine.before.set('reassert', () => {
      world.engine.before.clear();
      world.own('late');
    });
    world.engine.reconnect();
    await world.clock.elapse(20);
    expect([world.node.isLive, batches(world)]).toEqual([true, [['p-early'], ['p-late']]]);
  });
});

describe('a Claim that is lost', () => {
  it('is told once, and takes no other claim of its id along', async () => {
    const first = world.own('s');
    // The claim was repeated, for its answer was lost.
    const second = world.own('s', { token: 8 });
    expect([first.isLost, world.node.isOwn(first), world.node.isOwn(second)]).toEqual([
      true,
      false,
      true,
    ]);
    world.node.lost(first);
    expect([world.lost, world.claims.find(undefined, 's')]).toEqual([[], second]);
    world.engine.reconnect();
    await world.clock.elapse(20);
    expect([batches(world), second.isLost]).toEqual([[['p-s']], false]);
    world.node.lost(second);
    world.node.lost(second);
    expect([world.lost, world.claims.size]).toEqual([[second], 0]);
  });

  it('is taken out by identity also where the engine says so', async () => {
    world.own('s');
    let second: Claim | undefined;
    Object.assign(world.engine.sessions.get('p-s')!, { owner: 'other#1', token: 8 });
    world.engine.before.set('reassert', () => {
      world.engine.before.clear();
      second = claimOf('s', { token: 9 });
      world.claims.add(second);
      world.clock.setTimeout(() => {
        Object.assign(world.engine.sessions.get('p-s')!, { owner: 'boot#1', token: 9 });
      }, 0.6);
    });
    world.engine.reconnect();
    await world.clock.elapse(20);
    expect([world.claims.find(undefined, 's'), second?.isLost]).toEqual([second, false]);
    expect(world.node.isOwn(second!)).toBe(true);
  });

  it('lets go on who waits for it', async () => {
    const claim = world.own('s');
    world.engine.isDown = true;
    await world.clock.elapse(LEASE_MS);
    const waiting = world.node.whenOwn(claim);
    world.node.lost(claim);
    expect(await waiting).toBe(false);
  });
});

describe('the inbox of a Node', () => {
  it('ends the lease when it is dead, so that others go on', async () => {
    const claim = world.own('s');
    world.isDeaf = true;
    const renewed: number[] = [];
    world.engine.before.set('renew', () => void renewed.push(world.clock.now()));
    const began = world.clock.now();
    await world.clock.elapse(2 * BEAT_MS + 20);
    expect([world.node.isLive, world.changes]).toEqual([false, ['suspended inbox.silenced']]);
    expect(renewed.length).toBe(1);
    await world.clock.elapse(renewed[0]! + LEASE_MS + 20 - world.clock.now());
    expect([world.engine.isAlive('boot#1'), world.clock.now() - began]).toEqual([
      false,
      expect.closeTo(BEAT_MS + LEASE_MS, -2),
    ]);
    await world.clock.elapse(LEASE_MS * 10);
    // Nothing is asserted by a node that nobody can reach.
    expect([batches(world), world.engine.sessions.get('p-s')!.owner]).toEqual([[], 'boot#1']);
    world.isDeaf = false;
    await world.clock.elapse(BEAT_MS);
    expect([world.node.isLive, world.node.isOwn(claim), world.listening.size]).toEqual([
      true,
      true,
      1,
    ]);
  });

  it('costs nothing when it answers again within the lease', async () => {
    world.isDeaf = true;
    await world.clock.elapse(2 * BEAT_MS + 20);
    expect(world.node.isLive).toBe(false);
    world.isDeaf = false;
    await world.clock.elapse(BEAT_MS / 2);
    expect([world.node.isLive, world.node.incarnation, world.asked]).toEqual([true, 'boot#1', []]);
  });

  it('is not blamed while the engine can not be asked', async () => {
    world.engine.isDown = true;
    world.isDeaf = true;
    await world.clock.elapse(LEASE_MS * 0.6);
    expect(world.node.isLive).toBe(true);
  });
});

describe('the server of a Node', () => {
  it('gives a grace of one lease when it is another, and everything is asserted', async () => {
    const claim = world.own('s');
    expect(world.node.isInGrace).toBe(false);
    world.engine.failOver('two');
    const since = world.clock.now();
    world.engine.reconnect();
    await world.clock.elapse(20);
    expect([world.node.isLive, world.node.isInGrace, world.restowed]).toEqual([true, true, ['s']]);
    expect([claim.isLost, world.node.isOwn(claim)]).toEqual([false, true]);
    await world.clock.elapse(since + LEASE_MS - 1 - world.clock.now());
    expect(world.node.isInGrace).toBe(true);
    await world.clock.elapse(5);
    expect(world.node.isInGrace).toBe(false);
  });

  it.each([
    ['another answers on the same connection', 'two'],
    ['it has lost its memory', 'one'],
  ])('is found by a beat where %s', async (_, server) => {
    world.own('s');
    world.engine.failOver(server);
    await world.clock.elapse(BEAT_MS + 20);
    expect([world.changes, world.restowed]).toEqual([
      ['suspended server.changed', 'live node.recovered'],
      ['s'],
    ]);
    expect([world.node.isInGrace, world.node.generation]).toEqual([true, 1]);
  });

  it('gives the grace to a node that has just joined, too', async () => {
    world.engine.failOver('two');
    const other = new NodeWorld('other', world);
    await other.start();
    expect([other.node.isLive, other.node.isInGrace]).toEqual([true, true]);
    await world.clock.elapse(LEASE_MS);
    expect(other.node.isInGrace).toBe(false);
  });
});
