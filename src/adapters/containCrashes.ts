import { crashCurrentSession } from '../session/context.ts';

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

let users = 0;

/**
 * Contains errors that escape a handler, from a timer or a promise nothing awaits: the session they
 * came from crashes by policy, the process lives. Errors of no session keep node's default.
 *
 * @returns how to stop; the last stop removes the process listeners
 */
export function containCrashes(): () => void {
  if (users++ === 0) for (const event of EVENTS) process.on(event, contain);
  let isStopped = false;
  return () => {
    if (isStopped) return;
    isStopped = true;
    if (--users === 0) for (const event of EVENTS) process.off(event, contain);
  };
}

function contain(error: unknown): void {
  if (crashCurrentSession(error)) return;
  if (EVENTS.some((event) => process.listenerCount(event) > 1)) return;
  // Of no session, and nobody else listens: without this listener node's report ends the process.
  for (const event of EVENTS) process.off(event, contain);
  setImmediate(() => {
    throw error;
  });
}
