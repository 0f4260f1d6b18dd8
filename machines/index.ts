export {
  type Arrival,
  arrivalOf,
  END_REASONS,
  type EndReason,
  type SessionActorRef,
  type SessionContext,
  type SessionEvent,
  sessionMachine,
  type SessionSnapshot,
} from './session.ts';
export { type SupervisorEvent, supervisorMachine, type SupervisorRef } from './supervisor.ts';
