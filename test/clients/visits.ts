import type { Configuration, Prefer } from './configurations.ts';
import { startServer } from './start-server.ts';
import { type Expected, judge } from './table.ts';
import { type Outcome, Traveller } from './traveller.ts';

export const VISIT_STEPS = ['connect', 'list', 'call', 'progress', 'close'];

/** Each client goes to the server and back. One after the other: the milliseconds are its own. */
export async function visits(
  clients: readonly Configuration[],
  prefer: Prefer,
): Promise<Map<string, Outcome>> {
  const server = await startServer(prefer);
  const outcomes = new Map<string, Outcome>();
  try {
    for (const client of clients) {
      const { outcome } = Traveller.send(client, server.port, 'visit');
      outcomes.set(client.name, judge(await outcome, expectedOf(client)));
    }
  } finally {
    await server.end('SIGTERM');
  }
  return outcomes;
}

function expectedOf(client: Configuration): Expected {
  return { connect: 'ok', list: 'ok', call: 'ok', progress: progressOf(client), close: 'ok' };
}

/** What may be lost may as well come. */
export function progressOf({ differs }: Configuration): readonly string[] {
  const progress = differs?.['progress'] ?? 'ok';
  return progress === 'some' ? ['some', 'ok'] : [progress];
}
