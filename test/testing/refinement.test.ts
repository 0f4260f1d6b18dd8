import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { sessionMachine } from '../../machines/index.ts';
import { Refinement } from './refinement.ts';

type Machine = typeof sessionMachine;
type Json = Record<string, unknown>;

/**
 * What the model does not tell from the machine as it is, and why.
 *
 * Of a machine without one of these transitions nothing else is to be seen from outside.
 */
const NOT_TOLD: Readonly<Record<string, string>> = {
  'active session.crashed 0 is gone': 'to end instead of being rebuilt is allowed',
  'idle session.crashed 0 is gone': 'to end instead of being rebuilt is allowed',
  'active session.crashed 1 is gone': 'the root does the same',
  'idle session.crashed 1 is gone': 'the root does the same',
  'idle.warm stream.attached 0 is gone': 'the guard of its deadline keeps it as well',
  'idle.pinned stream.attached 0 is gone': 'the guard of its deadline keeps it as well',
  'idle.asleep stream.attached 0 is gone': 'the guard of its deadline keeps it as well',
  'closing.settling session.crashed 0 is gone': 'its deadline cuts it later',
  'initializing.building session.ready 0 is gone': 'no session with a client is told it',
};

describe('sessionMachine', () => {
  it('refines sessionModel: it shows nothing else, and all that must be shown', () => {
    const { found, size } = new Refinement(sessionMachine);
    expect([...found]).toEqual([]);
    expect(size).toBeGreaterThan(300);
  });

  it('does not, with any transition or guard taken out that a client could tell', () => {
    const all = [...mutants()];
    const survived = all.filter(
      // Two reasons stand for all: none of them is treated in its own way.
      ({ machine }) => new Refinement(machine, ['terminated', 'expired'], true).found.size === 0,
    );
    expect(all).toHaveLength(50);
    expect(survived.map(({ name }) => name).toSorted()).toEqual(Object.keys(NOT_TOLD).toSorted());
  });

  it('does not, where an ending session still takes messages', () => {
    const closing = { ...states(sessionMachine.config)['closing'], tags: ['ending', 'dispatch'] };
    const machine = machineOf({ ...sessionMachine.config, states: { ...states(), closing } });
    expect([...new Refinement(machine).found]).toContain(
      'ready as active: session.delete shows closing.settling',
    );
  });

  it('does not, where a sleeping session is lost to the message that comes for it', () => {
    const idle = { ...states()['idle'] };
    const asleep = { ...states(idle)['asleep'], on: { 'message.arrived': '#session.evicted' } };
    const below = { ...states(idle), asleep };
    const machine = machineOf({
      ...sessionMachine.config,
      states: { ...states(), idle: { ...idle, states: below } },
    });
    expect([...new Refinement(machine).found]).toContain(
      'resting as idle.asleep: call shows evicted',
    );
  });
});

/** For each transition written in the machine, the machine without it, and without its guard. */
function* mutants(path: readonly string[] = []): Generator<{ name: string; machine: Machine }> {
  const node = path.reduce<Json>((from, key) => states(from)[key] ?? {}, config());
  for (const [event, written] of Object.entries((node['on'] ?? {}) as Json)) {
    const list = Array.isArray(written) ? (written as unknown[]) : [written];
    for (const [i, each] of list.entries()) {
      const name = `${path.join('.') || 'root'} ${event} ${i}`;
      const without = list.toSpliced(i, 1);
      yield { name: `${name} is gone`, machine: changed(path, event, without) };
      if (typeof each !== 'object' || !('guard' in (each as Json))) continue;
      const free = list.with(i, { ...(each as Json), guard: undefined });
      yield { name: `${name} has no guard`, machine: changed(path, event, free) };
    }
  }
  for (const key of Object.keys(states(node))) yield* mutants([...path, key]);
}

function changed(path: readonly string[], event: string, transitions: readonly unknown[]): Machine {
  const change = (node: Json, [key, ...rest]: readonly string[]): Json =>
    key === undefined
      ? { ...node, on: { ...(node['on'] as Json), [event]: transitions } }
      : { ...node, states: { ...states(node), [key]: change(states(node)[key] ?? {}, rest) } };
  return machineOf(change(config(), path));
}

function config(): Json {
  return sessionMachine.config;
}

function states(of: object = sessionMachine.config): Record<string, Json> {
  return ((of as Json)['states'] ?? {}) as Record<string, Json>;
}

/** A machine's configuration is data; what is changed in it here, its type does not say. */
function machineOf(changedConfig: object): Machine {
  const { implementations } = sessionMachine;
  return createMachine(changedConfig as never, implementations as never) as unknown as Machine;
}
