import type { Differences, Era, EraConfiguration, Prefer, Speaks } from './configurations.ts';
import { inTurns } from './in-turns.ts';
import { startServer } from './start-server.ts';
import { type Expected, judge } from './table.ts';
import { type Outcome, Traveller } from './traveller.ts';
import { progressOf } from './visits.ts';

export const ERA_STEPS = [
  'connect',
  'list',
  'call',
  'counter',
  'anonymous',
  'ask',
  'progress',
  'cancel',
  'header',
  'task',
  'handle',
  'close',
];

/** Which era clients speak with a server, and what they get. */
export async function eras(
  clients: readonly EraConfiguration[],
  prefer: Prefer,
): Promise<Map<string, Outcome>> {
  const server = await startServer(prefer);
  try {
    const outcomes = await inTurns(clients, async (client) => {
      const { outcome } = Traveller.send(client, server.port, 'eras');
      return [client.name, judge(await outcome, expectedOf(client, prefer))] as const;
    });
    return new Map(outcomes);
  } finally {
    await server.end('SIGTERM');
  }
}

/** What the table at the top of docs/modern.md says of each kind of client. */
const FOUND: Readonly<Record<Speaks, Readonly<Record<Prefer, Era>>>> = {
  sessions: { sessions: 'session', stateless: 'session' },
  both: { sessions: 'session', stateless: 'stateless' },
  pinned: { sessions: 'refused', stateless: 'stateless' },
  stateless: { sessions: 'stateless', stateless: 'stateless' },
};
const IN_ERA: Readonly<Record<Era, Differences>> = {
  session: { list: '32', counter: 'session', anonymous: 'session', task: 'immediate' },
  stateless: { list: '53', counter: 'principal', anonymous: 'argument', task: 'task' },
  refused: {},
};

function expectedOf(client: EraConfiguration, prefer: Prefer): Expected {
  const { speaks, differs, differsIn, knowsTasks } = client;
  const era = FOUND[speaks][prefer];
  const others = era === 'refused' ? '-' : 'ok';
  return {
    ...Object.fromEntries(ERA_STEPS.map((step) => [step, others] as const)),
    ...(era !== 'refused' && { ...differs, progress: progressOf(client) }),
    connect: era,
    ...IN_ERA[era],
    ...(!knowsTasks && { task: '-' }),
    ...differsIn?.[era],
  };
}
