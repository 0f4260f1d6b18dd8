import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import {
  SUPERVISOR_EVENTS,
  SUPERVISOR_STATES,
  type SupervisorEvent,
  supervisorMachine,
} from '../../machines/supervisor.ts';

const EVENTS = ['supervisor.drain', 'supervisor.drained', 'supervisor.close'] as const;

function told(...types: SupervisorEvent['type'][]) {
  let [snapshot] = initialTransition(supervisorMachine);
  for (const type of types) [snapshot] = transition(supervisorMachine, snapshot, { type });
  return snapshot;
}

describe('supervisorMachine', () => {
  it('begins by accepting', () => {
    const [snapshot, actions] = initialTransition(supervisorMachine);
    expect([snapshot.value, actions]).toEqual(['accepting', []]);
  });

  it.each([
    ['accepting', [], { 'supervisor.drain': 'draining', 'supervisor.close': 'closed' }],
    [
      'draining',
      ['supervisor.drain'],
      { 'supervisor.drained': 'closed', 'supervisor.close': 'closed' },
    ],
    ['closed', ['supervisor.close'], {}],
  ] as const)('in %s hears what it should and nothing else', (state, way, heard) => {
    expect(told(...way).value).toBe(state);
    for (const type of EVENTS) {
      const next = (heard as Partial<Record<string, string>>)[type] ?? state;
      expect([type, told(...way, type).value]).toEqual([type, next]);
    }
  });

  it.each([
    [[], ['admitting', 'serving']],
    [['supervisor.drain'], ['serving']],
    [['supervisor.close'], []],
  ] as const)('after %j is tagged %j', (way, tags) => {
    expect([...told(...way).tags].toSorted()).toEqual(tags);
  });

  it('hears nothing of a session, so no session can end it', () => {
    expect(supervisorMachine.events.toSorted()).toEqual(EVENTS.toSorted());
  });

  it('has its states and events on the lists that recordings are read by', () => {
    expect(SUPERVISOR_STATES).toEqual(Object.keys(supervisorMachine.states));
    expect(SUPERVISOR_EVENTS.toSorted()).toEqual(supervisorMachine.events.toSorted());
  });
});
