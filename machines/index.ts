export {
  type Arrival,
  END_REASONS,
  type EndReason,
  type SessionContext,
  type SessionEvent,
  sessionMachine,
} from './session.ts';
export {
  arrivalOf,
  firstStep,
  nextStep,
  SESSION_EFFECTS,
  type SessionEffect,
  type SessionSnapshot,
  sleepingStep,
  type Step,
} from './step.ts';
export { type SupervisorEvent, supervisorMachine } from './supervisor.ts';
