import type { Launch } from '../child/server.ts';
import { STATELESS } from '../contenders/index.ts';
import { statelessClient } from '../load/client.ts';
import type { Options } from '../options.ts';
import { withConnections } from '../load/connection.ts';
import { callFor, openSessions } from '../load/driver.ts';
import { interleave, type Rounds } from './interleave.ts';
import { measure, type Work } from './work.ts';

/** Figure 1: echo calls per second, many connections over more sessions. */
export function calls(options: Options, launch: Launch): Promise<Rounds<Work>> {
  const { connections: count, seconds, warmupSeconds } = options;
  return interleave(options, launch, async (server) => {
    const sessions = await withConnections(server.port, count, async (connections) => {
      const opened = STATELESS.includes(server.name)
        ? [statelessClient(server.port)]
        : await openSessions(connections, server.port, options.sessions);
      await callFor(connections, opened, warmupSeconds * 1000);
      return opened;
    });
    return () =>
      withConnections(server.port, count, (connections) =>
        measure(server, () => callFor(connections, sessions, seconds * 1000)),
      );
  });
}
