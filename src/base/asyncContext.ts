import { builtin } from './builtin.ts';

interface Storage {
  run<R>(context: unknown, callback: () => R): R;
  getStore(): unknown;
}

/** The storage of this process; `undefined` on a host that has no AsyncLocalStorage. */
export const storage: Storage | undefined = (() => {
  const hooks = builtin('node:async_hooks');
  return hooks === undefined ? undefined : new hooks.AsyncLocalStorage();
})();

/**
 * Runs code as part of no session: `const redis = outsideSessions(() => connect())`. For what
 * sessions share and the first of them makes, so that its callbacks are not that session's.
 */
export function outsideSessions<R>(callback: () => R): R {
  return storage === undefined ? callback() : storage.run(undefined, callback);
}
