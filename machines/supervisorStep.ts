import { type SnapshotFrom, transition } from 'xstate';
import { type SupervisorEvent, supervisorMachine } from './supervisor.ts';

export type SupervisorSnapshot = SnapshotFrom<typeof supervisorMachine>;
export type SupervisorState = SupervisorSnapshot['value'];

export const SUPERVISOR_STATES: readonly SupervisorState[] = ['accepting', 'draining', 'closed'];

export const SUPERVISOR_EVENTS: readonly SupervisorEvent['type'][] = [
  'supervisor.drain',
  'supervisor.drained',
  'supervisor.close',
];

/** A supervisor in a state. */
export function supervisorAt(value: SupervisorState): SupervisorSnapshot {
  return supervisorMachine.resolveState({ value, context: {} });
}

/** What an event does to a supervisor in a state. */
export function nextSupervisorState(
  from: SupervisorState,
  type: SupervisorEvent['type'],
): SupervisorState {
  return transition(supervisorMachine, supervisorAt(from), { type })[0].value;
}
