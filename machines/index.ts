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
export {
  CALL_EFFECTS,
  type CallContext,
  type CallEffect,
  type CallEvent,
  callMachine,
  type CallSnapshot,
  type CallStep,
  FIRST_CALL_STEP,
  nextCallStep,
} from './call.ts';
export {
  FIRST_NODE_STEP,
  nextNodeStep,
  NODE_EFFECTS,
  type NodeEffect,
  type NodeEvent,
  nodeMachine,
  type NodeSnapshot,
  type NodeState,
  type NodeStep,
} from './node.ts';
