import { createRuntime, type Session } from 'mcp-actors';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { assign, fromCallback, fromObservable, fromPromise, fromTransition, setup } from 'xstate';
import { Observable } from 'rxjs';
import type { UserActor } from '../../src/session/userActor.ts';
import { currentSession } from '../../src/index.ts';
import { rejected } from '../support/rejected.ts';
import { light, worker, type Work } from '../support/machines.ts';
import { MachineWorld } from '../support/machineWorld.ts';

const { machine: greeter } = {
  machine: setup({
    types: {
      context: {} as { name: string },
      input: {} as { name: string },
      events: {} as { type: 'greeter.renamed'; name: string },
      emitted: {} as { type: 'greeted'; name: string },
    },
  }).createMachine({
    context: ({ input }) => ({ name: input.name }),
    on: { 'greeter.renamed': { actions: assign({ name: ({ event }) => event.name }) } },
  }),
};

const server = (): never => {
  throw new Error('not run');
};

const refused = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('session.actor', () => {
  it('is an actor of the machine, of each session its own', async () => {
    const world = new MachineWorld(light);
    const { session: one } = await world.open();
    const { session: other } = await world.open();
    expect(one.actor.send({ type: 'light.switched' })).toBe(true);
    expect(one.actor.getSnapshot().value).toBe('on');
    expect(one.actor.getSnapshot().context).toEqual({ changes: 1 });
    expect(other.actor.getSnapshot().value).toBe('off');
    expect(one.actor.id).toBe('light');
  });

  it('has input made for its session', async () => {
    const world = new MachineWorld(greeter, {
      input: ({ principal }) => ({ name: principal ?? 'nobody' }),
    });
    const { session } = await world.open('ann');
    expect(session.actor.getSnapshot().context).toEqual({ name: 'ann' });
  });

  it('is typed after the machine, which asks for its input', () => {
    // @ts-expect-error: the machine takes input
    createRuntime({ machine: greeter, server });
    createRuntime({
      machine: { logic: greeter, version: 2 },
      input: ({ key }) => ({ name: key }),
      server: (session) => {
        expectTypeOf(session.actor).toEqualTypeOf<UserActor<typeof greeter>>();
        expectTypeOf(session.actor.getSnapshot().context).toEqualTypeOf<{ name: string }>();
        expectTypeOf<Parameters<typeof session.actor.send>>().toEqualTypeOf<
          [{ type: 'greeter.renamed'; name: string }]
        >();
        const spawned = session.spawn(greeter, { id: 'other', input: { name: 'x' } });
        expectTypeOf(spawned).toEqualTypeOf<UserActor<typeof greeter>>();
        // @ts-expect-error: spawned without its input
        session.spawn(greeter, { id: 'other' });
        return server();
      },
    });
    createRuntime({
      machine: light,
      state: () => ({ count: 0 }),
      server: (session) => {
        expectTypeOf(session).toEqualTypeOf<Session<{ count: number }, typeof light>>();
        return server();
      },
    });
  });

  it('starts when the factory has returned, and hears what was sent before', async () => {
    const seen: unknown[] = [];
    const world = new MachineWorld(light, {
      setUp: ({ actor }) => {
        actor.subscribe(({ value }) => seen.push(value));
        actor.send({ type: 'light.switched' });
        seen.push('factory');
      },
    });
    await world.open();
    expect(seen).toEqual(['factory', 'off', 'on']);
  });

  it('runs its code as part of the session', async () => {
    const keys: string[] = [];
    const note = (): void => void keys.push(currentSession().key);
    const machine = setup({ actions: { note }, actors: { wait: fromPromise(async () => note()) } })
      // Entry, a delay, and a promise.
      .createMachine({
        entry: 'note',
        initial: 'early',
        states: { early: { after: { 50: { target: 'late', actions: 'note' } } }, late: {} },
        invoke: { src: 'wait' },
      });
    const world = new MachineWorld(machine);
    const { session } = await world.open();
    await world.settle(60);
    expect(keys).toEqual([session.key, session.key, session.key]);
  });

  it('takes its delays from the clock of the runtime', async () => {
    const world = new MachineWorld(light, { sleep: false });
    const { session } = await world.open();
    const { actor } = session;
    actor.send({ type: 'light.switched' });
    await world.settle(10 * 60_000 - 1);
    expect(actor.getSnapshot().value).toBe('on');
    await world.settle(1);
    expect(actor.getSnapshot().value).toBe('off');
  });

  it('logs as an event of the runtime', async () => {
    const machine = setup({}).createMachine({
      entry: ({ self }) => self.system._logger('hello', 1),
    });
    const world = new MachineWorld(machine);
    const logged = world.record('actor.logged');
    const { session } = await world.open();
    expect(logged.map(({ args, ...rest }) => [rest, args()])).toEqual([
      [{ session: session.key, actor: expect.any(String) as string }, ['hello', 1]],
    ]);
  });

  it('waits for a snapshot, for as long as it is told to', async () => {
    const world = new MachineWorld(light);
    const { session } = await world.open();
    const { actor } = session;
    const on = actor.waitFor((snapshot) => snapshot.matches('on'));
    actor.send({ type: 'light.switched' });
    expect((await on).value).toBe('on');
    expect((await actor.waitFor(({ value }) => value === 'on')).value).toBe('on');
    const late = rejected(actor.waitFor(({ value }) => value === 'off', { timeoutMs: 100 }));
    await world.settle(100);
    expect(await late).toMatchObject({ code: 'timed-out' });
    const stop = new AbortController();
    const aborted = rejected(
      actor.waitFor(({ value }) => value === 'off', { signal: stop.signal }),
    );
    stop.abort(new Error('cancelled'));
    expect(await aborted).toMatchObject({ message: 'cancelled' });
    const over = rejected(actor.waitFor(({ value }) => value === 'off', { timeoutMs: Infinity }));
    session.close();
    await world.settle();
    expect(await over).toMatchObject({ code: 'session-over' });
    expect(await rejected(actor.waitFor(({ value }) => value === 'off'))).toMatchObject({
      code: 'session-over',
    });
    expect(() => actor.waitFor(() => true, { timeoutMs: 0 })).toThrow(
      expect.objectContaining({ code: 'bad-option' }) as Error,
    );
  });

  it('goes on with the session where it reaches its final state', async () => {
    const world = new MachineWorld(light);
    const { client, session } = await world.open();
    session.actor.send({ type: 'light.removed' });
    expect(session.actor.getSnapshot().status).toBe('done');
    expect(session.actor.send({ type: 'light.switched' })).toBe(false);
    expect(world.runtime.deadLetters()).toMatchObject([
      { method: 'session.actor.send', reason: 'closed' },
    ]);
    expect((await client.call('tools/list')).result).toBeDefined();
  });
});

describe('session.spawn', () => {
  it('runs machines, promises, callbacks, observables and transitions, until the session ends', async () => {
    const work: Work = { started: 0, cleaned: 0 };
    const world = new MachineWorld(light);
    const { session } = await world.open();
    const counter = fromTransition((count: number, event: { type: 'plus' }) => {
      return event.type === 'plus' ? count + 1 : count;
    }, 0);
    const counting = session.spawn(counter, { id: 'counter' });
    counting.send({ type: 'plus' });
    expect(counting.getSnapshot().context).toBe(1);
    const fetched = session.spawn(
      fromPromise(async () => 'answer'),
      { id: 'fetch' },
    );
    const { output } = await fetched.waitFor(({ status }) => status === 'done');
    expect(output).toBe('answer');
    let isObserved = false;
    const ticks = new Observable<number>((observer) => {
      observer.next(1);
      isObserved = true;
      return () => void (isObserved = false);
    });
    session.spawn(
      fromObservable(() => ticks),
      { id: 'ticks' },
    );
    const watch = fromCallback(() => () => void work.cleaned++);
    session.spawn(watch, { id: 'watch' });
    const working = session.spawn(worker(work), { id: 'worker' });
    working.send({ type: 'work.watched' });
    expect([isObserved, work.started]).toEqual([true, 1]);
    session.close();
    await world.settle();
    expect([isObserved, work.cleaned]).toEqual([false, 2]);
    expect(counting.send({ type: 'plus' })).toBe(false);
  });

  it('refuses what is no logic, a name that is in use, too many, and an ended session', async () => {
    const world = new MachineWorld(light, { maxResources: 2 });
    const { session } = await world.open();
    expect(() => session.spawn({} as never, { id: 'x' } as never)).toThrow(refused('bad-option'));
    expect(() => session.spawn(light, { id: '' })).toThrow(refused('bad-option'));
    session.spawn(light, { id: 'one' });
    expect(() => session.spawn(light, { id: 'one' })).toThrow(refused('bad-option'));
    const second = session.spawn(light, { id: 'two' });
    expect(() => session.spawn(light, { id: 'three' })).toThrow(refused('too-many-resources'));
    expect(world.runtime.stats().limits).toEqual({ maxResources: 1 });
    second.send({ type: 'light.removed' });
    session.spawn(light, { id: 'two' });
    session.close();
    await world.settle();
    expect(() => session.spawn(light, { id: 'late' })).toThrow(refused('session-over'));
  });
});
