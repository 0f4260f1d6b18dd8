import type { EndReason } from '../../machines/session.ts';
import type { Services } from '../events/services.ts';
import { leaveProcess } from './leaveProcess.ts';
import { guardProcess } from './strayErrors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long work in flight may take at the end: SIGKILL follows SIGTERM in about two seconds. */
const GRACE_MS = 1000;

/** Any time will do: what holds the process is that the timer is there. */
const HOLD_MS = 60_000;

/** The one session that the process is there for. */
interface Purpose {
  readonly closed: Promise<EndReason>;
  close(options: { readonly deadlineMs: number }): Promise<EndReason>;
}

/**
 * Ties the process to one session: a signal or an uncaught exception ends the session first, and
 * the end of the session ends the process, so that nothing is left behind when a client goes.
 */
export function ownProcess(purpose: Purpose, services: Services): void {
  const stopGuarding = guardProcess({
    contain: 'rejections',
    ending: {
      deadlineMs: GRACE_MS,
      end(error, session) {
        services.escaped(error, 'uncaught', session);
        return purpose.close({ deadlineMs: GRACE_MS });
      },
    },
  });
  let cause: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    cause = signal;
    void purpose.close({ deadlineMs: GRACE_MS });
  };
  // Once each: a signal that is sent again ends the process at once.
  for (const signal of SIGNALS) process.once(signal, onSignal);
  // Deadlines keep no process alive; this timer does, so that the session's last deadline can pass.
  const hold = setInterval(() => {}, HOLD_MS);
  const end = (reason: EndReason): void => {
    clearInterval(hold);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    stopGuarding();
    if (reason === 'crashed') process.exitCode = 1;
    leaveProcess(cause);
  };
  void purpose.closed.then(end);
}
