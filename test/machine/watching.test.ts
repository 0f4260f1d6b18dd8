import { record, replay } from 'mcp-actors/recorder';
import { describe, expect, it } from 'vitest';
import { fromPromise, setup } from 'xstate';
import { light } from '../support/machines.ts';
import { MachineWorld } from '../support/machineWorld.ts';

const plan = setup({
  types: { events: {} as { type: 'go' } | { type: 'nothing' } },
  actors: { step: fromPromise(async () => 'done') },
}).createMachine({
  id: 'plan',
  type: 'parallel',
  states: {
    work: {
      initial: 'resting',
      states: {
        resting: { on: { go: 'running' } },
        running: { invoke: { src: 'step', id: 'step' } },
      },
    },
    watch: { initial: 'open', states: { open: {} } },
  },
});

describe('actor.transition', () => {
  it('tells each step of an actor and of those below, and no event that is not taken', async () => {
    const world = new MachineWorld(plan);
    const steps = world.record('actor.transition');
    const { session } = await world.open();
    session.actor.send({ type: 'nothing' });
    session.actor.send({ type: 'go' });
    await world.settle();
    const at = world.clock.now();
    const of = (actor: string, event: string, from: string, to: string): object => {
      const machine = expect.any(Function) as () => unknown;
      return { at, session: session.key, actor, event, from, to, machine };
    };
    expect(steps).toEqual([
      of('plan', 'xstate.init', '', 'work.resting watch.open'),
      of('plan/step', 'xstate.init', '', 'active'),
      of('plan', 'go', 'work.resting watch.open', 'work.running watch.open'),
      of('plan/step', 'xstate.promise.resolve', 'active', 'done'),
    ]);
  });

  it('of a listener that comes later does not say what it does not know', async () => {
    const world = new MachineWorld(light);
    const { session } = await world.open();
    session.actor.send({ type: 'light.switched' });
    const steps = world.record('actor.transition');
    session.actor.send({ type: 'light.switched' });
    session.actor.send({ type: 'light.switched' });
    expect(steps).toMatchObject([
      { from: '', to: 'off' },
      { from: 'off', to: 'on' },
    ]);
  });

  it('is recorded, and a recording with it is replayed', async () => {
    const world = new MachineWorld(light);
    const lines: string[] = [];
    const recording = await record(world.runtime, {
      clock: world.clock,
      write: (text) => void lines.push(...text.trimEnd().split('\n')),
    });
    const { session } = await world.open();
    session.actor.send({ type: 'light.switched' });
    await world.settle();
    await recording.close();
    const actors = lines.map((line) => JSON.parse(line) as object);
    expect(actors.filter((line) => 'actor' in line)).toMatchObject([
      { type: 'actor', actor: 'light', event: 'xstate.init', to: 'off' },
      { type: 'actor', actor: 'light', event: 'light.switched', from: 'off', to: 'on' },
    ]);
    const counts = { sessions: 1, actors: 1, actorSteps: 2 };
    expect(await replay(lines)).toMatchObject({ difference: undefined, ...counts });
    // A step that begins elsewhere than the one before it ended is found.
    const other = lines.map((line) =>
      line.replace('"from":"off","to":"on"', '"from":"on","to":"on"'),
    );
    expect(await replay(other)).toMatchObject({
      difference: {
        session: session.key,
        actor: 'light',
        field: 'from',
        expected: 'off',
        seen: 'on',
      },
    });
  });
});

describe('runtime.actors', () => {
  it('gives the actors of a session that is awake, those below them as well', async () => {
    const world = new MachineWorld(plan);
    const { session } = await world.open();
    session.spawn(light, { id: 'lamp' });
    session.actor.send({ type: 'go' });
    const views = world.runtime.actors(session.key);
    expect(views.map(({ actor, states, status }) => ({ actor, states, status }))).toEqual([
      { actor: 'plan', states: ['work.running', 'watch.open'], status: 'active' },
      { actor: 'plan/step', states: ['active'], status: 'active' },
      { actor: 'lamp', states: ['off'], status: 'active' },
    ]);
    expect(views.map(({ machine }) => machine)).toEqual([plan, undefined, light]);
    expect(views[2]!.context).toEqual({ changes: 0 });
    expect(world.runtime.actors('nobody')).toEqual([]);
    session.close();
    await world.settle();
    expect(world.runtime.actors(session.key)).toEqual([]);
  });
});
