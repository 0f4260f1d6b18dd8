import { constants } from 'node:os';

/** How long code of the program may still run once all that is served is over. */
const LEAVE_MS = 500;

/**
 * Ends the process once the process is idle, and at the latest in `withinMs` milliseconds: code of
 * the program that waited for the end may run until then.
 *
 * @param signal the signal that asked for the end, which the process then dies of, as its parent
 * expects: a shell reports 128 + its number. A program that listens to that signal says the exit
 * code itself.
 */
export function leaveProcess(signal: NodeJS.Signals | undefined, withinMs = LEAVE_MS): void {
  if (withinMs === 0) return leave(signal);
  if (signal !== undefined) process.once('beforeExit', () => leave(signal));
  setTimeout(() => leave(signal), withinMs).unref();
}

function leave(signal: NodeJS.Signals | undefined): void {
  if (signal === undefined) process.exit();
  const code = 128 + constants.signals[signal];
  if (process.listenerCount(signal) > 0) process.exit(process.exitCode ?? code);
  process.kill(process.pid, signal);
  // The first process of a container does not die of a signal that comes from within.
  process.exit(code);
}
