import { describe, expect, it } from 'vitest';
import { assign, fromPromise, raise, sendTo, setup, spawnChild } from 'xstate';
import { light, worker, type Work } from '../support/machines.ts';
import { MachineWorld } from '../support/machineWorld.ts';
import { MINUTE } from '../support/sleep.ts';

/** Sends what is to be sent to a child, late. */
const parent = setup({
  types: { context: {} as { heard: number }, events: {} as { type: 'heard' } | { type: 'go' } },
  actors: {
    child: setup({
      types: { context: {} as { pings: number }, events: {} as { type: 'ping' } },
    }).createMachine({
      id: 'child',
      context: { pings: 0 },
      initial: 'waiting',
      states: {
        waiting: { after: { 3_600_000: 'late' } },
        late: {},
      },
      on: { ping: { actions: assign({ pings: ({ context }) => context.pings + 1 }) } },
    }),
  },
}).createMachine({
  id: 'parent',
  context: { heard: 0 },
  invoke: { src: 'child', id: 'child' },
  on: {
    heard: { actions: assign({ heard: ({ context }) => context.heard + 1 }) },
    go: {
      actions: [
        raise({ type: 'heard' }, { delay: 20 * MINUTE, id: 'raised' }),
        sendTo('child', { type: 'ping' }, { delay: 30 * MINUTE }),
      ],
    },
  },
});

const states = ({ runtime }: { runtime: { residents(): { length: number } } }) =>
  runtime.residents().length;

describe('a session with a machine that sleeps', () => {
  it('is its snapshot, and goes on where it was', async () => {
    const world = new MachineWorld(light);
    const { client, session } = await world.open();
    session.actor.send({ type: 'light.switched' });
    session.actor.send({ type: 'light.switched' });
    const held = session.actor;
    await world.sleep();
    expect([states(world), world.runtime.stats().sessions.asleep]).toEqual([0, 1]);
    expect(held.send({ type: 'light.switched' })).toBe(false);
    expect(held.getSnapshot().value).toBe('off');
    await client.call('tools/list');
    expect(world.sessions).toHaveLength(2);
    expect(world.session.actor.getSnapshot()).toMatchObject({
      value: 'off',
      context: { changes: 2 },
    });
    world.session.actor.send({ type: 'light.switched' });
    expect(world.session.actor.getSnapshot().context.changes).toBe(3);
    // The handle that user code held all the while finds the actor that runs now.
    expect(session.actor.getSnapshot().value).toBe('on');
  });

  it('says that its actor rests', async () => {
    const world = new MachineWorld(light);
    const { session } = await world.open();
    await world.sleep();
    expect(() => session.actor).toThrow(expect.objectContaining({ code: 'session-over' }) as Error);
  });

  it('sleeps until its next delayed transition, and wakes for it, once', async () => {
    const world = new MachineWorld(light);
    const { session } = await world.open();
    session.actor.send({ type: 'light.switched' });
    await world.sleep();
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    const [view] = (await world.runtime.list()).sessions;
    expect(view?.deadline?.what).toBe('actor');
    await world.settle(view!.deadline!.at - world.clock.now() - 1);
    expect(world.runtime.stats().woken).toBe(0);
    await world.settle(1);
    expect(world.runtime.stats().woken).toBe(1);
    expect(world.session.actor.getSnapshot()).toMatchObject({
      value: 'off',
      context: { changes: 2 },
    });
    // Nothing is left to wake for.
    await world.settle(60 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({ woken: 1, sessions: { total: 0 } });
  });

  it('is kept for a delay that is longer than sleeping sessions are, and some time after', async () => {
    const world = new MachineWorld(
      setup({}).createMachine({
        initial: 'booked',
        states: { booked: { after: { [26 * 60 * MINUTE]: 'over' } }, over: {} },
      }),
    );
    await world.open();
    await world.settle(25 * 60 * MINUTE);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    await world.settle(60 * MINUTE + 1000);
    expect(world.session.actor.getSnapshot().value).toBe('over');
    await world.settle(40 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 1 },
      sessions: { total: 0 },
    });
  });

  it('keeps what was sent late: to itself, and to a child; by its time, and cancelled by its name', async () => {
    const world = new MachineWorld(parent);
    const { session, client } = await world.open();
    session.actor.send({ type: 'go' });
    await world.settle(20 * MINUTE + 1000);
    expect(world.sessions).toHaveLength(2);
    expect(world.session.actor.getSnapshot().context.heard).toBe(1);
    const pings = (): unknown => world.session.actor.getSnapshot().children.child?.getSnapshot();
    expect(pings()).toMatchObject({ context: { pings: 0 }, value: 'waiting' });
    await world.settle(10 * MINUTE);
    await client.call('tools/list');
    expect(pings()).toMatchObject({ context: { pings: 1 }, value: 'waiting' });
    await world.settle(30 * MINUTE);
    expect(pings()).toMatchObject({ context: { pings: 1 }, value: 'late' });
  });

  it('does not fire what the state that was left had delayed', async () => {
    const world = new MachineWorld(light);
    const { client, session } = await world.open();
    session.actor.send({ type: 'light.switched' });
    await world.sleep();
    await client.call('tools/list');
    // Leaves the state whose delay was restored.
    world.session.actor.send({ type: 'light.switched' });
    await world.settle(20 * MINUTE);
    expect(world.runtime.stats().woken).toBe(1);
  });

  it('tries again where there was no place to wake in', async () => {
    const world = new MachineWorld(light, { maxSessions: 1 });
    const { session } = await world.open();
    session.actor.send({ type: 'light.switched' });
    await world.sleep();
    const { client } = await world.open();
    const busy = client.call('hold');
    await world.settle(10 * MINUTE);
    expect(world.runtime.stats().woken).toBe(0);
    await client.delete();
    await world.settle(5000);
    expect(world.runtime.stats().woken).toBe(1);
    expect(world.session.actor.getSnapshot().context.changes).toBe(2);
    await busy.catch(() => {});
  });

  it('stays awake for its delays where it is told to, and does not end before', async () => {
    const world = new MachineWorld({ logic: light, staysAwake: true }, { evictAfterMs: MINUTE });
    const pinned = world.record('session.pinned');
    const { session } = await world.open();
    const { actor } = session;
    actor.send({ type: 'light.switched' });
    await world.settle(9 * MINUTE);
    expect(pinned).toEqual([{ session: session.key, why: 'actors' }]);
    expect(world.runtime.stats()).toMatchObject({ pinned: { actors: 1 }, slept: 0 });
    expect(actor.getSnapshot().value).toBe('on');
    await world.settle(MINUTE);
    expect(actor.getSnapshot().value).toBe('off');
    await world.settle(10 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({ slept: 1, pinned: { actors: 0 } });
  });

  it('of a runtime without sleep does not end before its delay', async () => {
    const world = new MachineWorld(light, { sleep: false });
    const { session } = await world.open();
    const { actor } = session;
    actor.send({ type: 'light.switched' });
    await world.settle(10 * MINUTE - 1);
    expect(world.runtime.stats().sessions.total).toBe(1);
    await world.settle(10 * MINUTE);
    expect(actor.getSnapshot().context.changes).toBe(2);
    expect(world.runtime.stats().evicted.expired).toBe(1);
  });
});

describe('what can not be put away', () => {
  it.each(['work.begun', 'work.watched'] as const)(
    'keeps its session awake while it runs, and says so: %s',
    async (type) => {
      const work: Work = { started: 0, cleaned: 0 };
      const world = new MachineWorld(worker(work));
      const pinned = world.record('session.pinned');
      const { session } = await world.open();
      session.actor.send({ type });
      await world.sleep();
      expect(pinned).toEqual([{ session: session.key, why: 'actors' }]);
      const [view] = (await world.runtime.list()).sessions;
      expect(view).toMatchObject({ state: 'idle.pinned', pinned: 'actors' });
      if (type === 'work.begun') work.finish?.('done');
      else session.actor.send({ type: 'work.over' });
      await world.sleep();
      expect([world.runtime.stats().sessions.asleep, work.started]).toEqual([1, 1]);
    },
  );

  it('is as well: an actor without a name, a context that is no data, an actor spawned later', async () => {
    const nameless = setup({}).createMachine({
      entry: spawnChild(setup({}).createMachine({ id: 'nameless' })),
    });
    const functional = setup({ types: { context: {} as { go: () => void } } }).createMachine({
      context: { go: () => {} },
    });
    for (const machine of [nameless, functional]) {
      const world = new MachineWorld(machine as typeof nameless);
      const pinned = world.record('session.pinned');
      await world.open();
      await world.sleep();
      expect(pinned).toMatchObject([{ why: 'actors' }]);
    }
    const world = new MachineWorld(light);
    const { session } = await world.open();
    const spawned = session.spawn(light, { id: 'spawned' });
    await world.sleep();
    expect(world.runtime.stats().pinned.actors).toBe(1);
    spawned.send({ type: 'light.removed' });
    await world.sleep();
    expect(world.runtime.stats().sessions.asleep).toBe(1);
  });

  it('is not a promise that is over', async () => {
    const world = new MachineWorld(light, {
      setUp: (session) =>
        void session.spawn(
          fromPromise(async () => 1),
          { id: 'promise' },
        ),
    });
    await world.open();
    await world.sleep();
    expect(world.runtime.stats().sessions.asleep).toBe(1);
  });
});

describe('actors that the factory spawns', () => {
  it('go on where they were, with their delays; one that is made no more is announced', async () => {
    let hasSecond = true;
    const seen: unknown[] = [];
    const world = new MachineWorld(light, {
      setUp: (session) => {
        const first = session.spawn(light, { id: 'first' });
        seen.push(first.getSnapshot().value);
        if (hasSecond) session.spawn(light, { id: 'second' });
        if (seen.length === 1) first.send({ type: 'light.switched' });
      },
    });
    const lost = world.record('session.unstorable');
    const { client, session } = await world.open();
    await world.sleep();
    hasSecond = false;
    await client.call('tools/list');
    expect(seen).toEqual(['off', 'on']);
    expect(lost).toEqual([{ session: session.key, what: 'actor', local: 'second' }]);
    expect(world.runtime.stats().unstorable.actor).toBe(1);
  });

  it('are machines of a runtime that has none of its own, too', async () => {
    const values: unknown[] = [];
    const world = new MachineWorld(undefined as never, {
      setUp: (session) => {
        const one = session.spawn(light, { id: 'one' });
        values.push(one.getSnapshot().value);
        if (values.length === 1) one.send({ type: 'light.switched' });
      },
    });
    const { session } = await world.open();
    expect(session.actor).toBeUndefined();
    await world.settle(11 * MINUTE);
    expect(values).toEqual(['off', 'on']);
    expect(world.runtime.stats().woken).toBe(1);
  });
});

describe('the shape of a machine', () => {
  it('is migrated by its version', async () => {
    // One program's store is the other's: in memory, by way of one runtime whose machine changes.
    const migrated: unknown[] = [];
    const { DurableMemory } = await import('../support/durableMemory.ts');
    const store = new DurableMemory();
    const old = new MachineWorld(light, { store });
    const { client, session } = await old.open();
    session.actor.send({ type: 'light.switched' });
    const { id } = client;
    await old.settle(100);
    await old.runtime.drain({ deadlineMs: 10 });
    const next = new MachineWorld(
      {
        logic: light,
        version: 2,
        migrate: (snapshot, from) => {
          migrated.push(from);
          return { ...(snapshot as object), context: { changes: 100 } };
        },
      },
      { store, clock: old.clock },
    );
    const woken = next.runtime.wake(id!);
    await next.settle(100);
    expect((await woken)?.actor.getSnapshot().context.changes).toBe(100);
    expect(migrated).toEqual([1]);
  });
});
