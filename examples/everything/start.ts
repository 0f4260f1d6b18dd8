import { createRuntime, type Runtime } from 'mcp-actors';
import { type Inspector, serveInspector } from 'mcp-actors/inspector';
import { type NodeServer, serve } from 'mcp-actors/node';
import type { Cluster } from 'mcp-actors/processes';
import type { SessionStore } from 'mcp-actors/store';
import type { Arguments } from './arguments.ts';
import { fail } from './fail.ts';
import { createEverythingServer } from './server.ts';
import { type EverythingState, initialState } from './state.ts';
import { taskMode } from './tools/task-tools.ts';

/** Where sessions are, if not in this process alone. */
export type Place = { readonly store: SessionStore } | { readonly cluster: Cluster } | object;

/** The server, as it listens. */
export interface Started {
  readonly runtime: Runtime<EverythingState>;
  readonly host: NodeServer;
  readonly inspector: Inspector | undefined;
}

/** Starts the server, and the inspector where one is wanted; a port that is busy ends the process. */
export async function start(
  { port, inspect, stateless }: Pick<Arguments, 'port' | 'inspect' | 'stateless'>,
  place: Place,
): Promise<Started> {
  const runtime = createRuntime({
    server: createEverythingServer,
    state: initialState,
    modern: { prefer: stateless ? 'stateless' : 'sessions' },
    tasks: { afterMs: 300, mode: taskMode },
    ...place,
  });
  runtime.on('store.failed', ({ doing, error }) => console.error(`Store, ${doing}:`, error));

  const host = await serve(runtime, { port }).catch(busy(port, 'PORT=3001 npm start'));
  const inspector: Inspector | undefined = inspect
    ? await serveInspector(runtime, {
        port: inspect.port,
        ...(inspect.token !== undefined && { token: inspect.token }),
      }).catch(busy(inspect.port, 'INSPECT_PORT=3002 npm start -- --inspect'))
    : undefined;
  return { runtime, host, inspector };
}

function busy(wanted: number, example: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return fail(`Port ${wanted} is already in use; choose another, as in ${example}.`);
  };
}
