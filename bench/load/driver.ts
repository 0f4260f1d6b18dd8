import { checkEcho, closeSession, echoRequest, openSession } from './client.ts';
import type { ClientSession } from './client.ts';
import type { Connection } from './connection.ts';

export interface Count {
  readonly count: number;
  readonly ms: number;
}

/** Opens sessions over all connections at once; they stay open. */
export async function openSessions(
  connections: readonly Connection[],
  port: number,
  count: number,
): Promise<ClientSession[]> {
  const sessions: ClientSession[] = [];
  let left = count;
  await Promise.all(
    connections.map(async (connection) => {
      while (left-- > 0) sessions.push(await openSession(connection, port));
    }),
  );
  return sessions;
}

let lastCall = 0;

/** One checked echo call on each session. */
export async function callEach(
  connections: readonly Connection[],
  sessions: readonly ClientSession[],
): Promise<void> {
  let next = 0;
  await Promise.all(
    connections.map(async (connection) => {
      for (let session = sessions[next++]; session; session = sessions[next++]) {
        const id = ++lastCall;
        checkEcho(await connection.ask(echoRequest(session, id, `once-${id}`)), id, `once-${id}`);
      }
    }),
  );
}

/** Every connection calls without pause, the sessions in turn, until the time is over. */
export function callFor(
  connections: readonly Connection[],
  sessions: readonly ClientSession[],
  ms: number,
): Promise<Count> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let count = 0;
    let turn = 0;
    let working = connections.length;

    const next = (connection: Connection): void => {
      const spent = performance.now() - start;
      if (spent >= ms) {
        if (--working === 0) resolve({ count, ms: spent });
        return;
      }
      const at = turn++ % sessions.length;
      const id = ++lastCall;
      const text = `session-${at}-call-${id}`;
      connection.send(
        // `at` is within bounds by the modulo.
        echoRequest(sessions[at] as ClientSession, id, text),
        (reply) => {
          checkEcho(reply, id, text);
          count++;
          next(connection);
        },
        reject,
      );
    };
    for (const connection of connections) next(connection);
  });
}

/** Every connection opens and closes one session after the other until the time is over. */
export async function churnFor(
  connections: readonly Connection[],
  port: number,
  ms: number,
): Promise<Count> {
  const start = performance.now();
  let count = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - start < ms) {
        await closeSession(connection, await openSession(connection, port));
        count++;
      }
    }),
  );
  return { count, ms: performance.now() - start };
}
