import type * as AsyncHooks from 'node:async_hooks';
import type * as Processes from 'node:child_process';
import type * as Crypto from 'node:crypto';
import type * as FileSystem from 'node:fs';
import type * as Http from 'node:http';

interface Modules {
  readonly 'node:async_hooks': typeof AsyncHooks;
  readonly 'node:child_process': typeof Processes;
  readonly 'node:crypto': typeof Crypto;
  readonly 'node:http': typeof Http;
  readonly 'node:fs': typeof FileSystem;
}

/** The process object of Node, Bun or Deno; `undefined` on a host that has none. */
export const host: NodeJS.Process | undefined = (
  globalThis as { readonly process?: NodeJS.Process }
).process;

/**
 * A module of Node by way of the process object: an import of one would keep the root entry from
 * loading where there is no Node. `undefined` on a host that has none.
 */
export function builtin<N extends keyof Modules>(name: N): Modules[N] | undefined {
  return host?.getBuiltinModule?.(name);
}
