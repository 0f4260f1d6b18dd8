import { setup, type SnapshotFrom, transition } from 'xstate';

/** Everything a supervisor can be told. */
export type SupervisorEvent =
  | { type: 'supervisor.drain' }
  | { type: 'supervisor.drained' }
  | { type: 'supervisor.close' };

/**
 * The owner of all sessions: `accepting → draining → closed`.
 *
 * The machine keeps no list of sessions: the directory is a Map beside it. No event of a session
 * reaches the machine, so no session can end it.
 */
export const supervisorMachine = setup({
  types: {
    events: {} as SupervisorEvent,
    tags: {} as 'admitting' | 'serving',
  },
}).createMachine({
  id: 'supervisor',
  description: 'Spawns, watches, drains and evicts the sessions of one runtime.',
  initial: 'accepting',
  states: {
    accepting: {
      description: 'New sessions are admitted within the caps.',
      tags: ['admitting', 'serving'],
      on: { 'supervisor.drain': 'draining', 'supervisor.close': 'closed' },
    },
    draining: {
      description: 'Not ready: new sessions get 503, work in flight finishes.',
      tags: 'serving',
      on: { 'supervisor.drained': 'closed', 'supervisor.close': 'closed' },
    },
    closed: {
      description: 'Nothing is left.',
    },
  },
});

export type SupervisorSnapshot = SnapshotFrom<typeof supervisorMachine>;
export type SupervisorState = SupervisorSnapshot['value'];

export const SUPERVISOR_STATES: readonly SupervisorState[] = ['accepting', 'draining', 'closed'];

export const SUPERVISOR_EVENTS: readonly SupervisorEvent['type'][] = [
  'supervisor.drain',
  'supervisor.drained',
  'supervisor.close',
];

/** The snapshot of a supervisor in a given state. */
export function supervisorAt(value: SupervisorState): SupervisorSnapshot {
  return supervisorMachine.resolveState({ value, context: {} });
}

/** The state that an event leads a supervisor to. */
export function nextSupervisorState(
  from: SupervisorState,
  type: SupervisorEvent['type'],
): SupervisorState {
  return transition(supervisorMachine, supervisorAt(from), { type })[0].value;
}
