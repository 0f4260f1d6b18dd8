export type { EndReason } from '../machines/session.ts';
export type { FetchContext } from './adapters/fetch.ts';
export type { Clock } from './clock.ts';
export { currentSession, type SessionLocal, sessionLocal } from './context.ts';
export { ActorsError, type ErrorCode } from './errors.ts';
export type { DeadLetter, DeadLetterReason, RuntimeEvents } from './events.ts';
export type { LogEntry, ProgressEntry } from './journal.ts';
export {
  type CrashPolicy,
  DEFAULT_LIMITS,
  type Limits,
  type PrincipalOf,
  type ResponseMode,
  type RuntimeOptions,
} from './options.ts';
export { createRuntime, type Runtime } from './runtime.ts';
export type { Owned } from './scope.ts';
export type { ServerFactory, Session, SessionServer } from './session.ts';
export type { RuntimeStats } from './stats.ts';
export type { SessionView } from './view.ts';
export type { DrainReport } from './supervisor.ts';
