import { definitionOf, createStatelyBridge } from 'mcp-actors/stately';
import { firstStep, sessionMachine } from 'mcp-actors/machines';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HandleWorld } from '../../support/handleWorld.ts';
import { Inspected } from '../../support/inspected.ts';

function watched(world: HandleWorld): Inspected {
  const bridge = createStatelyBridge(world.runtime, { clock: world.clock });
  onTestFinished(() => bridge.close());
  const seen = new Inspected();
  bridge.attach(seen.take);
  return seen;
}

describe('the Stately bridge', () => {
  it('shows a handle as an actor named by its kind and key, with its steps, to its end', async () => {
    const world = new HandleWorld();
    const seen = watched(world);
    const ann = await world.modern('ann');
    const id = await ann('create_page');
    const { key } = world.runtime.handles()[0]!;
    const name = `page ${key}`;
    const actor = () => seen.named(name);
    expect(seen.actors.get(`handle-${key}`)).toBe(actor());
    expect(actor()?.parentId).toBe(seen.packets[0]?.rootId);
    expect(actor()?.definition).toEqual(
      definitionOf(sessionMachine, firstStep(false).snapshot.context),
    );
    expect(seen.states[name]).toBe('active');
    await world.settle(2000);
    expect(seen.states[name]).toBe('idle.warm');
    expect(actor()?.events.map(({ type }) => type)).toContain('session.ready');
    await ann('destroy_page', { page: id });
    expect(actor()).toMatchObject({
      status: 'done',
      value: 'evicted',
      context: { reason: 'terminated' },
    });
    expect(seen.faults).toEqual([]);
    expect(JSON.stringify(seen.packets)).not.toContain(id);
  });

  it('shows the end of a handle that sleeps', async () => {
    const world = new HandleWorld({ onSleep: ({ url }) => url });
    const seen = watched(world);
    await (
      await world.modern('ann')
    )('create_page');
    const name = `page ${world.runtime.handles()[0]!.key}`;
    await world.settle(6 * 60_000);
    expect(seen.states[name]).toBe('idle.asleep');
    await world.settle(60 * 60_000);
    expect(seen.named(name)).toMatchObject({ status: 'done', context: { reason: 'expired' } });
  });

  it('shows the sessions and handles there were before the bridge', async () => {
    const world = new HandleWorld();
    const ann = await world.legacy('ann');
    await ann('create_page');
    await world.settle(2000);
    const [handle] = world.runtime.handles();
    const [session] = world.runtime.residents();
    const seen = watched(world);
    await world.settle();
    expect(seen.states).toEqual({
      [`page ${handle!.key}`]: 'idle.warm',
      [session!.key]: 'idle.warm',
    });
    expect(seen.faults).toEqual([]);
  });
});
