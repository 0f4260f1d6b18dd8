interface Storage {
  run<R>(context: unknown, callback: () => R): R;
  getStore(): unknown;
}

/**
 * AsyncLocalStorage by way of the process object: an import of `node:async_hooks` would keep the
 * root entry from loading where there is no Node. `undefined` on a host that has none.
 */
export const storage: Storage | undefined = (() => {
  const host = globalThis as {
    process?: { getBuiltinModule?(name: string): { AsyncLocalStorage: new () => Storage } };
  };
  const hooks = host.process?.getBuiltinModule?.('node:async_hooks');
  return hooks === undefined ? undefined : new hooks.AsyncLocalStorage();
})();

/**
 * Runs code as part of no session: `const redis = outsideSessions(() => connect())`. For what
 * sessions share and the first of them makes, so that its callbacks are not that session's.
 */
export function outsideSessions<R>(callback: () => R): R {
  return storage === undefined ? callback() : storage.run(undefined, callback);
}
