import { definitionOf, createStatelyBridge } from 'mcp-actors/stately';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fromPromise, setup } from 'xstate';
import { Inspected } from '../../support/inspected.ts';
import { MachineWorld } from '../../support/machineWorld.ts';

const SECRET = 'nobody knows';

const plan = setup({
  types: { context: {} as { secret: string }, events: {} as { type: 'go' } | { type: 'end' } },
  actors: { step: fromPromise(async () => 'done') },
}).createMachine({
  id: 'plan',
  context: { secret: SECRET },
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

function watched(world: MachineWorld<typeof plan>): Inspected {
  const bridge = createStatelyBridge(world.runtime, { clock: world.clock });
  onTestFinished(() => bridge.close());
  const seen = new Inspected();
  bridge.attach(seen.take);
  return seen;
}

describe('the Stately bridge', () => {
  it('shows the actors of a session as its children, those below them as theirs', async () => {
    const world = new MachineWorld(plan);
    const seen = watched(world);
    const { session } = await world.open();
    session.actor.send({ type: 'go' });
    await world.settle();
    const { parentId, value, definition, events } = seen.named('plan')!;
    expect(seen.actors.get(parentId!)?.name).toBe(session.key);
    expect(value).toEqual({ work: 'running', watch: 'open' });
    expect(definition).toEqual(definitionOf(plan, {}));
    expect(events.map(({ type }) => type)).toEqual(['xstate.init', 'go']);
    expect(seen.named('plan/step')).toMatchObject({ status: 'done' });
    expect(seen.actors.get(seen.named('plan/step')!.parentId!)?.name).toBe('plan');
    expect(seen.faults).toEqual([]);
    expect(JSON.stringify(seen.packets)).not.toContain(SECRET);
  });

  it('shows the actors there were before the bridge', async () => {
    const world = new MachineWorld(plan);
    const { session } = await world.open();
    const seen = watched(world);
    await world.settle();
    expect(seen.named('plan')).toMatchObject({ value: { work: 'resting', watch: 'open' } });
    session.actor.send({ type: 'go' });
    expect(seen.named('plan')).toMatchObject({ value: { work: 'running', watch: 'open' } });
    expect(seen.faults).toEqual([]);
  });
});
