import { createHost, type Host, type HostOptions, type OpenScope } from 'mcp-actors/host';
import { onTestFinished } from 'vitest';
import { SECRET } from './hostRig.ts';

/** A request of a page on this machine. */
export const LOCAL = { headers: { host: 'localhost' } } as const;

/** A host on the clock of the machine, closed when the test is over. */
export function openHost<R>(
  open: (scope: OpenScope) => R | Promise<R>,
  options: Partial<HostOptions<R>> = {},
): Host<R> {
  const host = createHost<R>({ secret: SECRET, ...options, open });
  onTestFinished(() => host.close());
  return host;
}
