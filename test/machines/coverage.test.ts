import { describe, expect, it } from 'vitest';
import { type AnyStateNode, getMicrosteps } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { sessionMachine, supervisorMachine, type SessionEvent } from '../../machines/index.ts';
import { EVENTS, stateOf } from '../support/sessionStates.ts';

/** Every transition written in a machine, by its source, its event and its place among others. */
function written(node: AnyStateNode, found = new Map<object, string>()): Map<object, string> {
  for (const [event, transitions] of node.transitions) {
    transitions.forEach((each, i) => found.set(each, `${node.id} ${event} ${i}`));
  }
  node.always?.forEach((each, i) => found.set(each, `${node.id} always ${i}`));
  for (const child of Object.values(node.states)) written(child, found);
  return found;
}

function edgesOf(sleeps: boolean) {
  return adjacencyMapToArray(
    getAdjacencyMap(sessionMachine, { events: EVENTS, input: { sleeps } }),
  );
}

describe('sessionMachine', () => {
  const edges = [...edgesOf(true), ...edgesOf(false)];

  it('has no transition that can not be walked', () => {
    const left = written(sessionMachine.root);
    expect(left.size).toBe(42);
    for (const { state, event } of edges) {
      for (const taken of sessionMachine.getTransitionData(state, event)) left.delete(taken);
      const passed = getMicrosteps(sessionMachine, state, event).slice(0, -1);
      for (const [snapshot] of passed) {
        const [always] = snapshot._nodes.flatMap((node) => node.always ?? []);
        if (always !== undefined) left.delete(always);
      }
    }
    expect([...left.values()]).toEqual([]);
  });

  it('reaches eleven resting states and no other, and each of them', () => {
    const reached = new Set(edges.map(({ state }) => stateOf(state)));
    expect([...reached].toSorted()).toEqual([
      'active',
      'closing.releasing',
      'closing.settling',
      'evicted',
      'idle.asleep',
      'idle.dozing',
      'idle.pinned',
      'idle.warm',
      'initializing.building',
      'initializing.handshaking',
      'initializing.waking',
    ]);
  });

  it('has a way to the end from everywhere', () => {
    const home = new Set<string>(['evicted']);
    for (let size = 0; size !== home.size;) {
      size = home.size;
      for (const { state, nextState } of edges) {
        if (home.has(stateOf(nextState))) home.add(stateOf(state));
      }
    }
    expect(edges.filter(({ state }) => !home.has(stateOf(state)))).toEqual([]);
  });

  it('never leaves the end, and never refuses and accepts at once', () => {
    for (const { state, nextState } of edges) {
      expect(state.status !== 'done' || nextState.status === 'done').toBe(true);
      expect(nextState.hasTag('accepting')).toBe(!nextState.hasTag('ending'));
      expect(nextState.hasTag('refuse')).toBe(nextState.hasTag('ending'));
    }
  });

  it('releases before it is buried and is buried once, on every way', () => {
    const buried = edges.filter(
      ({ state, nextState }) => state.status !== 'done' && nextState.status === 'done',
    );
    const ways = buried.map(({ state, event }) => `${stateOf(state)} ${event.type}`);
    expect([...new Set(ways)]).toEqual(['closing.releasing session.released']);
    const nameless = edges.filter(
      ({ nextState }) => nextState.hasTag('ending') && nextState.context.reason === null,
    );
    expect(nameless).toEqual([]);
  });

  it('takes no event that is not on its list', () => {
    const known = new Set<string>(EVENTS.map(({ type }) => type));
    expect(sessionMachine.events.filter((type) => !known.has(type))).toEqual([]);
    const strange = { type: 'tools/call' } as unknown as SessionEvent;
    for (const { state } of edges) {
      // The end hears every event, to do nothing about it.
      const heard = sessionMachine.getTransitionData(state, strange);
      expect(heard.flatMap(({ target, actions }) => [...(target ?? []), ...actions])).toEqual([]);
    }
  });
});

describe('supervisorMachine', () => {
  it('has no transition that can not be walked', () => {
    const left = written(supervisorMachine.root);
    expect(left.size).toBe(4);
    const events = [
      { type: 'supervisor.drain' },
      { type: 'supervisor.drained' },
      { type: 'supervisor.close' },
    ] as const;
    for (const { state, event } of adjacencyMapToArray(
      getAdjacencyMap(supervisorMachine, { events }),
    )) {
      for (const taken of supervisorMachine.getTransitionData(state, event)) left.delete(taken);
    }
    expect([...left.values()]).toEqual([]);
  });
});
