import { contextNow } from '../session/context.ts';
import { endProcess, type Ending } from './endProcess.ts';
import { microtaskOf, watchMicrotasks } from './microtasks.ts';
import { isOwnDefect } from './ownFrames.ts';
import { rejectionMode } from './rejectionMode.ts';

/** What is contained: rejections of a session, or its uncaught exceptions as well. */
export type Contained = 'rejections' | 'all';

/** What a part of the program wants to be done about stray errors. */
export interface Guard {
  readonly contain: Contained;
  /** Ends what the process is there for, after an exception that nobody contains or listens to. */
  readonly ending?: Ending;
}

const guards = new Set<Guard>();
const mode = rejectionMode();
let stopWatching: (() => void) | null = null;

/**
 * Has stray errors dealt with for as long as a guard is there.
 *
 * Node decides what an error does, and hosts hear of it as they would without this: rejections are
 * listened to, and one of no session is rejected again with nobody listening; exceptions are seen
 * by the monitor, and a listener is added only to keep one from ending the process.
 *
 * @returns how to stop
 */
export function guardProcess(guard: Guard): () => void {
  // Its own object, however often the same guard is given.
  const own = { ...guard };
  if (guards.size === 0) process.on('uncaughtExceptionMonitor', onException);
  guards.add(own);
  listenToRejections();
  if (containsAll()) stopWatching ??= watchMicrotasks();
  return () => {
    if (!guards.delete(own)) return;
    if (!containsAll()) {
      stopWatching?.();
      stopWatching = null;
    }
    if (guards.size > 0) return;
    process.off('uncaughtExceptionMonitor', onException);
    process.off('unhandledRejection', onRejection);
  };
}

function onRejection(reason: unknown): void {
  const context = contextNow();
  if (context !== undefined) return context.stray(reason, isOwnDefect(reason));
  if (process.listenerCount('unhandledRejection') > 1) return;
  // In the other modes node has done by now what it does, whether somebody listens or not.
  if (mode === 'throw' || mode === 'warn-with-error-code') reject(reason);
}

/** Has node do with a rejection of no session what it does where nobody listens. */
function reject(reason: unknown): void {
  // Later: rejections that were found together with this one are still contained.
  process.nextTick(() => {
    process.off('unhandledRejection', onRejection);
    void Promise.reject(reason);
    if (mode === 'throw')
      process.prependOnceListener('uncaughtExceptionMonitor', listenToRejections);
    else setImmediate(listenToRejections);
  });
}

function listenToRejections(): void {
  // In this mode a rejection is an exception before anybody hears of it.
  if (guards.size === 0 || mode === 'strict') return;
  if (!process.listeners('unhandledRejection').includes(onRejection)) {
    process.on('unhandledRejection', onRejection);
  }
}

/** Before node looks for listeners: whoever has one decides about the process, as ever. */
function onException(error: unknown): void {
  const context = contextNow() ?? microtaskOf(error);
  const isDefect = isOwnDefect(error);
  if (context !== undefined && containsAll() && !isDefect) {
    survive();
    return context.stray(error, false);
  }
  const endings = [...guards].flatMap(({ ending }) => ending ?? []);
  if (endings.length === 0 || hasHostListener()) return;
  survive();
  endProcess(error, isDefect ? undefined : context?.session.key, endings);
}

/** The process goes on after this exception. */
function survive(): void {
  if (!hasHostListener()) process.once('uncaughtException', () => {});
}

function hasHostListener(): boolean {
  return (
    process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()
  );
}

function containsAll(): boolean {
  for (const { contain } of guards) if (contain === 'all') return true;
  return false;
}
