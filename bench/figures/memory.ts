import { type Launch, ServerChild } from '../child/server.ts';
import { hasSessions } from '../contenders/index.ts';
import type { Visitors } from '../load/driver.ts';
import { visitorsOf } from '../load/visitors.ts';
import type { Options } from '../options.ts';
import type { Rounds } from './interleave.ts';

export interface SessionBytes {
  readonly heap: number;
  readonly rss: number;
}

// Enough for every module to be loaded, every cache filled and most code compiled beforehand.
const WARM_SESSIONS = 300;

/** Connections over which sessions are opened: many, since a peer takes a second for each. */
const OPENING = 128;

/** Figure 3: bytes one idle session holds, in a fresh server each round. */
export async function memory(options: Options, launch: Launch): Promise<Rounds<SessionBytes>> {
  const results: Rounds<SessionBytes> = new Map();
  for (const name of options.contenders.filter(hasSessions)) results.set(name, []);
  // Bytes vary far less than speed does.
  for (let round = 0; round < Math.min(options.rounds, 3); round++) {
    for (const [name, values] of results) {
      await using server = await ServerChild.start(name, launch);
      const visitors = visitorsOf(server);
      await fill(server, visitors, Math.min(WARM_SESSIONS, options.idleSessions));
      const before = await server.ask('memory');
      await fill(server, visitors, options.idleSessions);
      const after = await server.ask('memory');
      values.push({
        heap: (after.heapBytes - before.heapBytes) / options.idleSessions,
        rss: (after.rssBytes - before.rssBytes) / options.idleSessions,
      });
      visitors.leave();
    }
  }
  return results;
}

/**
 * Opens sessions, calls once on each as any client would, hangs up, and waits until all rest. Where
 * a session is a socket, the socket stays.
 */
export async function fill(server: ServerChild, visitors: Visitors, count: number): Promise<void> {
  // The sockets' own memory is node's, the same for all, so they are closed before it is read.
  await visitors.visit(OPENING, async (visit) => {
    await visit.open(count);
    await visit.callEach();
  });
  await new Promise((later) => setTimeout(later, 200));
  await server.quiet();
}
