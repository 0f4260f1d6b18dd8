import { type Launch, ServerChild } from '../child/server.ts';
import type { Options } from '../options.ts';
import { withConnections } from '../load/connection.ts';
import { callEach, openSessions } from '../load/driver.ts';
import type { Rounds } from './interleave.ts';

export interface SessionBytes {
  readonly heap: number;
  readonly rss: number;
}

// Enough for every module to be loaded, every cache filled and most code compiled beforehand.
const WARM_SESSIONS = 300;

/** Figure 3: bytes one idle session holds, in a fresh server each round. */
export async function memory(options: Options, launch: Launch): Promise<Rounds<SessionBytes>> {
  const results: Rounds<SessionBytes> = new Map();
  for (const name of options.contenders) results.set(name, []);
  // Bytes vary far less than speed does.
  for (let round = 0; round < Math.min(options.rounds, 3); round++) {
    for (const [name, values] of results) {
      await using server = await ServerChild.start(name, launch);
      await fill(server, Math.min(WARM_SESSIONS, options.idleSessions));
      const before = await server.ask('memory');
      await fill(server, options.idleSessions);
      const after = await server.ask('memory');
      values.push({
        heap: (after.heapBytes - before.heapBytes) / options.idleSessions,
        rss: (after.rssBytes - before.rssBytes) / options.idleSessions,
      });
    }
  }
  return results;
}

/** Opens sessions, calls once on each as any client would, hangs up, and waits until all rest. */
export async function fill(server: ServerChild, count: number): Promise<void> {
  // The sockets' own memory is node's, the same for all, so they are closed before it is read.
  await withConnections(server.port, 32, async (connections) => {
    const sessions = await openSessions(connections, server.port, count);
    await callEach(connections, sessions);
  });
  await new Promise((later) => setTimeout(later, 200));
  await server.quiet();
}
