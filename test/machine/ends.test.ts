import { describe, expect, it, onTestFinished } from 'vitest';
import { assign, emit, fromCallback, fromPromise, setup } from 'xstate';
import { connectInMemory } from 'mcp-actors/memory';
import { turn } from '../support/eventually.ts';
import { light } from '../support/machines.ts';
import { MachineWorld } from '../support/machineWorld.ts';
import type { WireClient } from '../support/wireClient.ts';

/** A machine whose actors count their ends, and that fails in each way there is. */
function counting() {
  const ends = { cleaned: 0, children: 0 };
  const child = setup({
    actors: { watch: fromCallback(() => () => void ends.children++) },
  }).createMachine({ id: 'child', invoke: { src: 'watch' } });
  const machine = setup({
    types: {
      context: {} as { tries: number },
      events: {} as
        | { type: 'fail.action' }
        | { type: 'fail.guard' }
        | { type: 'fail.assign' }
        | { type: 'fail.promise' }
        | { type: 'fail.child' }
        | { type: 'fail.delayed' }
        | { type: 'try' },
      emitted: {} as { type: 'told' },
    },
    actors: {
      watch: fromCallback(() => () => void ends.cleaned++),
      child,
      reject: fromPromise(async () => {
        await turn();
        throw new Error('promise');
      }),
      failing: setup({}).createMachine({
        after: {
          10: {
            actions: () => {
              throw new Error('child');
            },
          },
        },
      }),
    },
    guards: {
      failing: () => {
        throw new Error('guard');
      },
    },
    actions: {
      fail: () => {
        throw new Error('action');
      },
    },
  }).createMachine({
    id: 'counting',
    context: { tries: 0 },
    invoke: [{ src: 'watch' }, { src: 'child', id: 'child' }],
    initial: 'well',
    states: {
      well: {
        on: {
          try: { actions: assign({ tries: ({ context }) => context.tries + 1 }) },
          'fail.action': { actions: 'fail' },
          'fail.guard': { guard: 'failing', target: 'rejecting' },
          'fail.assign': {
            actions: assign(() => {
              throw new Error('assign');
            }),
          },
          'fail.promise': 'rejecting',
          'fail.child': 'childish',
          'fail.delayed': 'delayed',
        },
      },
      rejecting: { invoke: { src: 'reject' } },
      childish: { invoke: { src: 'failing' } },
      delayed: { after: { 20: { actions: 'fail' } } },
    },
  });
  return { machine, ends };
}

const FAILURES = [
  'fail.action',
  'fail.guard',
  'fail.assign',
  'fail.promise',
  'fail.child',
  'fail.delayed',
] as const;

const boom = (text: string) => () => {
  throw new Error(text);
};

/** What nobody caught while a test ran. */
function escaping(): unknown[] {
  const escaped: unknown[] = [];
  const hear = (error: unknown): void => void escaped.push(error);
  process.on('uncaughtException', hear);
  process.on('unhandledRejection', hear);
  onTestFinished(() => {
    process.off('uncaughtException', hear);
    process.off('unhandledRejection', hear);
  });
  return escaped;
}

describe('the actors of a session end with it, once', () => {
  type World = MachineWorld<ReturnType<typeof counting>['machine']>;
  const ENDS: Readonly<Record<string, (world: World, client: WireClient) => unknown>> = {
    'its client deletes it': (_, client) => client.delete(),
    'it is closed': ({ session }) => session.close(),
    'an operator evicts it': ({ runtime, session }) => runtime.evict(session.id),
    'its principal is revoked': ({ runtime }) => runtime.evictPrincipal('ann'),
    'the runtime drains': ({ runtime }) => runtime.drain({ deadlineMs: 10 }),
    'the runtime closes': (world) => world.close(),
    'its server crashes': ({ session }) => {
      session.own({ close: () => {} }, { ended: Promise.resolve() });
    },
    'nobody uses it': (world) => world.settle(40 * 60_000),
  };

  it.each(Object.entries(ENDS))('%s', async (_, end) => {
    const { machine, ends } = counting();
    const world: World = new MachineWorld(machine);
    const { client, session } = await world.open('ann');
    session.spawn(light, { id: 'spawned' });
    const { actor } = session;
    const over: string[] = [];
    actor.subscribe({ complete: () => over.push('complete') });
    const ended = end(world, client);
    await world.settle(50);
    await ended;
    await world.settle();
    expect(world.runtime.stats().sessions.total).toBe(0);
    expect([ends, over]).toEqual([{ cleaned: 1, children: 1 }, ['complete']]);
    expect(actor.send({ type: 'try' })).toBe(false);
  });

  it('a line that is cut', async () => {
    const { machine, ends } = counting();
    const world: World = new MachineWorld(machine);
    const transport = connectInMemory(world.runtime);
    await transport.start();
    await transport.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'line', version: '1' },
      },
    });
    await world.settle();
    expect(world.session.actor.getSnapshot().status).toBe('active');
    await transport.close();
    await world.settle();
    expect(ends).toEqual({ cleaned: 1, children: 1 });
  });

  it('a factory that fails leaves nothing that was started', async () => {
    const { machine, ends } = counting();
    const world: World = new MachineWorld(machine, {
      setUp: () => {
        throw new Error('factory');
      },
    });
    await world.open().catch(() => {});
    await world.settle();
    expect([world.runtime.stats().sessions.total, ends.cleaned]).toEqual([0, 0]);
  });
});

describe('an error of an actor', () => {
  it.each(FAILURES)('%s ends its session, and no neighbour', async (type) => {
    const escaped = escaping();
    const { machine, ends } = counting();
    const world = new MachineWorld(machine);
    const crashes = world.record('session.crashed');
    const { session: neighbour } = await world.open();
    const { session } = await world.open();
    session.actor.send({ type });
    await world.settle(50);
    expect(crashes).toMatchObject([{ session: session.key, restarted: false }]);
    const said = type === 'fail.delayed' ? 'action' : type.slice('fail.'.length);
    expect(crashes[0]?.error).toMatchObject({ message: expect.stringMatching(said) as string });
    expect(world.runtime.residents()).toEqual([neighbour]);
    // Also what an action that throws leaves running.
    expect(ends).toEqual({ cleaned: 1, children: 1 });
    neighbour.actor.send({ type: 'try' });
    expect(neighbour.actor.getSnapshot().context.tries).toBe(1);
    expect(escaped).toEqual([]);
  });

  it('in whoever hears it is a crash as well: in next, in complete, of what it emits', async () => {
    const escaped = escaping();
    const emitter = setup({
      types: { events: {} as { type: 'go' } | { type: 'stop' }, emitted: {} as { type: 'told' } },
    }).createMachine({
      id: 'emitter',
      initial: 'on',
      states: {
        on: { on: { go: { actions: emit({ type: 'told' }) }, stop: 'off' } },
        off: { type: 'final' },
      },
    });
    const world = new MachineWorld(emitter);
    const crashes = world.record('session.crashed');
    const next = (await world.open()).session;
    next.actor.subscribe(boom('next'));
    next.actor.send({ type: 'go' });
    const complete = (await world.open()).session;
    complete.actor.subscribe({ complete: boom('complete') });
    complete.actor.send({ type: 'stop' });
    const told = (await world.open()).session;
    told.actor.on('told', boom('told'));
    told.actor.send({ type: 'go' });
    await world.settle();
    const said = crashes.map(({ error }) => (error as Error).message);
    expect(said).toEqual(['next', 'complete', 'told']);
    expect(escaped).toEqual([]);
  });

  it('is heard by whoever hears the actor, and thrown nowhere else', async () => {
    const escaped = escaping();
    const { machine } = counting();
    const world = new MachineWorld(machine);
    const { session } = await world.open();
    const heard: unknown[] = [];
    // Without an `error` of its own, as most have it.
    session.actor.subscribe(() => {});
    session.actor.subscribe({ error: (error) => heard.push(String(error)) });
    session.actor.send({ type: 'fail.action' });
    await world.settle();
    expect(heard).toEqual(['Error: action']);
    expect(escaped).toEqual([]);
  });

  it('of a child that its parent deals with is no crash, whoever hears the child', async () => {
    const escaped = escaping();
    const machine = setup({
      actors: { reject: fromPromise(() => Promise.reject(new Error('dealt with'))) },
    }).createMachine({
      initial: 'trying',
      states: { trying: { invoke: { id: 'try', src: 'reject', onError: 'failed' } }, failed: {} },
    });
    const world = new MachineWorld(machine, {
      setUp: ({ actor }) => {
        // No error listener: XState alone would end the process.
        actor.getSnapshot().children.try?.subscribe(() => {});
      },
    });
    const { session } = await world.open();
    await world.settle();
    expect(session.actor.getSnapshot().value).toBe('failed');
    expect(world.runtime.stats().crashes).toBe(0);
    expect(escaped).toEqual([]);
  });

  it('restarts the session by policy: the actor that failed begins anew, the others go on', async () => {
    const { machine } = counting();
    const world = new MachineWorld(machine, {
      onCrash: 'restart',
      setUp: (session) => void session.spawn(light, { id: 'light' }),
    });
    const { session } = await world.open();
    const spawned = session.spawn(light, { id: 'later' });
    expect(spawned.id).toBe('later');
    session.actor.send({ type: 'try' });
    session.actor.send({ type: 'fail.action' });
    await world.settle();
    expect(world.runtime.stats().restarts).toBe(1);
    expect(world.session.actor.getSnapshot()).toMatchObject({
      status: 'active',
      context: { tries: 0 },
    });
    // A crash of anything else: the machine goes on where it was.
    world.session.actor.send({ type: 'try' });
    world.session.own({ close: () => {} }, { ended: Promise.resolve() });
    await world.settle();
    expect(world.runtime.stats().restarts).toBe(2);
    expect(world.session.actor.getSnapshot().context.tries).toBe(1);
  });

  it('in input, or in the machine as it is made, is the crash of a session that never began', async () => {
    const world = new MachineWorld(light, {
      input: () => {
        throw new Error('input');
      },
    });
    const crashes = world.record('session.crashed');
    await world.open().catch(() => {});
    const broken = setup({}).createMachine({
      context: () => {
        throw new Error('context');
      },
    });
    const other = new MachineWorld(broken);
    const others = other.record('session.crashed');
    await other.open().catch(() => {});
    const said = [...crashes, ...others].map(({ error }) => String(error));
    expect(said).toEqual(['Error: input', 'Error: context']);
  });
});
