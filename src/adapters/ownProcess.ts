import type { EndReason } from '../../machines/session.ts';
import { containCrashes } from './containCrashes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** After a signal: who sends SIGTERM sends SIGKILL about two seconds later. */
const SIGNAL_GRACE_MS = 1000;

/** What may still run when the session is over. */
const LEAVE_MS = 500;

/** Any time: what counts is that a timer is there. */
const HOLD_MS = 60_000;

/** What the process is there for. */
interface Purpose {
  readonly closed: Promise<EndReason>;
  close(options: { readonly deadlineMs: number }): Promise<EndReason>;
}

/**
 * Ties the process to one session: a signal ends the session first, and the end of the session ends
 * the process, so that nothing is left behind when a client goes.
 */
export function ownProcess(purpose: Purpose): void {
  const stopContaining = containCrashes();
  let cause: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    cause = signal;
    void purpose.close({ deadlineMs: SIGNAL_GRACE_MS });
  };
  // Once each: whoever sends it again does not want to wait.
  for (const signal of SIGNALS) process.once(signal, onSignal);
  // Deadlines keep no process alive; this one has to see the session's last one pass.
  const hold = setInterval(() => {}, HOLD_MS);
  const end = (reason: EndReason): void => {
    clearInterval(hold);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    stopContaining();
    if (reason === 'crashed') process.exitCode = 1;
    const leave = (): void => {
      // Of the signal it was sent, as its parent expects, unless others handle that one.
      if (cause === undefined || process.listenerCount(cause) > 0) process.exit();
      process.kill(process.pid, cause);
    };
    // Whoever waited for the end has until then to put things away.
    if (cause !== undefined) process.once('beforeExit', leave);
    setTimeout(leave, LEAVE_MS).unref();
  };
  void purpose.closed.then(end);
}
