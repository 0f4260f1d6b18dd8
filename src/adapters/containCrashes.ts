import { crashCurrentSession } from '../session/context.ts';

const LISTENERS = {
  uncaughtException: (error: unknown): void => {
    if (!crashCurrentSession(error) && !othersListen('uncaughtException')) end(error);
  },
  unhandledRejection: (error: unknown): void => {
    if (crashCurrentSession(error) || othersListen('unhandledRejection')) return;
    if (!othersListen('uncaughtException')) return end(error);
    // What node does where nobody listens to rejections: this listener must not keep it from that.
    const host: NodeJS.EventEmitter = process;
    host.emit('uncaughtExceptionMonitor', error, 'unhandledRejection');
    host.emit('uncaughtException', error, 'unhandledRejection');
  },
};
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

let users = 0;

/**
 * Contains errors that escape a handler, from a timer or a promise nothing awaits: the session they
 * came from crashes by policy, the process lives. Errors of no session keep node's default.
 *
 * @returns how to stop; the last stop removes the process listeners
 */
export function containCrashes(): () => void {
  if (users++ === 0) for (const event of EVENTS) process.on(event, LISTENERS[event]);
  let isStopped = false;
  return () => {
    if (isStopped) return;
    isStopped = true;
    if (--users === 0) stop();
  };
}

function stop(): void {
  for (const event of EVENTS) process.off(event, LISTENERS[event]);
}

function othersListen(event: (typeof EVENTS)[number]): boolean {
  return process.listenerCount(event) > 1;
}

/** Ends the process over an error of no session: without the listeners here, node reports it. */
function end(error: unknown): void {
  stop();
  setImmediate(() => {
    throw error;
  });
}
