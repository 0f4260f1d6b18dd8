import { contextNow, type SessionContext } from '../session/context.ts';

/** The last error that a microtask threw, and the session the microtask belongs to. */
let thrown: { readonly error: unknown; readonly by: SessionContext | undefined } | null = null;

/**
 * Has `queueMicrotask` remember whose microtask throws: before version 24, node has forgotten that
 * when it reports the error.
 *
 * @returns how to stop; a wrapper that others have put around this one goes on without effect
 */
export function watchMicrotasks(): () => void {
  const original = globalThis.queueMicrotask;
  let isWatching = true;
  const watched = (callback: () => void): void => {
    if (!isWatching || typeof callback !== 'function') return original(callback);
    original(() => {
      try {
        callback();
      } catch (error) {
        thrown = { error, by: contextNow() };
        throw error;
      }
    });
  };
  globalThis.queueMicrotask = watched;
  return () => {
    isWatching = false;
    if (globalThis.queueMicrotask === watched) globalThis.queueMicrotask = original;
  };
}

/** The session whose microtask threw this error just now; forgotten once asked for. */
export function microtaskOf(error: unknown): SessionContext | undefined {
  const last = thrown;
  thrown = null;
  return last !== null && Object.is(last.error, error) ? last.by : undefined;
}
