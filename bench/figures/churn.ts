import type { Launch } from '../child/server.ts';
import type { Options } from '../options.ts';
import { withConnections } from '../load/connection.ts';
import { churnFor } from '../load/driver.ts';
import { interleave, type Rounds } from './interleave.ts';
import { measure, type Work } from './work.ts';

/** Figure 2: sessions opened (initialize, initialized) and closed (DELETE) per second. */
export function churn(options: Options, launch: Launch): Promise<Rounds<Work>> {
  const { connections: count, seconds, warmupSeconds } = options;
  return interleave(options, launch, async (server) => {
    const { port } = server;
    await withConnections(port, count, (connections) =>
      churnFor(connections, port, warmupSeconds * 1000),
    );
    return () =>
      withConnections(port, count, (connections) =>
        measure(server, () => churnFor(connections, port, seconds * 1000)),
      );
  });
}
