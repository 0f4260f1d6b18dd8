import { crashCurrentSession } from '../session/context.ts';

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

let users = 0;

/**
 * Gives errors that escape a handler, from a timer or a promise nobody awaits, to the session they
 * came from: it crashes by policy, the process lives. Errors of no session keep node's default.
 *
 * @returns how to stop; the last one to stop removes the process listeners
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
  const others = EVENTS.some((event) => process.listenerCount(event) > 1);
  if (others) return;
  // Not ours, and nobody else listens: without our listener the process ends with node's report.
  for (const event of EVENTS) process.off(event, contain);
  setImmediate(() => {
    throw error;
  });
}
