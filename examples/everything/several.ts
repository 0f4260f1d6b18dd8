import { ActorsError } from 'mcp-actors';
import { runProcesses, type Serving } from 'mcp-actors/processes';
import type { Arguments } from './arguments.ts';
import { start } from './start.ts';
import { welcome } from './welcome.ts';

/** Serves in several processes with one set of sessions. Ends as the signals to the first one say. */
export async function runSeveral(told: Arguments & { readonly processes: number }): Promise<void> {
  const { processes, inspect } = told;
  try {
    // In a terminal SIGHUP says that the terminal is gone: the first process ends, and all others.
    await runProcesses({ processes, reloadSignal: 'SIGUSR2' }, async ({ cluster, index }) => {
      // The list of sessions is the same in each process, and the inspector has one port.
      const isFirst = index === 1;
      const mine = { ...told, inspect: isFirst ? inspect : undefined };
      const { host, inspector } = await start(mine, { cluster });
      const { url, server } = host;
      if (isFirst) {
        console.log(welcome({ url, inspector: inspector?.url, data: undefined, processes }));
      }
      return {
        server,
        async close(options) {
          await inspector?.close();
          await host.close(options);
        },
      } satisfies Serving;
    });
  } catch (error) {
    // The process that could not serve has said why.
    if (error instanceof ActorsError && error.code === 'process-ended') process.exit(1);
    throw error;
  }
}
