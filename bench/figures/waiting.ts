import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { type Launch, ServerChild } from '../child/server.ts';
import {
  askRequest,
  EITHER,
  listenRequest,
  openSession,
  statelessClient,
  streamRequest,
} from '../load/client.ts';
import { withConnections } from '../load/connection.ts';
import { openSessions } from '../load/driver.ts';

/** What one thing that waits holds, in bytes of the heap, and what it took to get there. */
export interface Waiting {
  readonly what: string;
  readonly bytes: number;
  /** CPU of the server process for one. */
  readonly serverMicros: number;
}

const WARM = 200;

/**
 * Figure 8: what waits for clients of the stateless revision. Calls parked by a question in the home
 * of their principal and in homes of their own, and open listens with their sockets. And GET streams of sessions.
 */
export async function waiting(launch: Launch, count: number): Promise<Waiting[]> {
  const asking = { ...launch, server: 'Asking' } as const;
  return [
    await held('a parked call, home of its principal', 'modern', asking, count, park),
    await held('a parked call, home of its own', 'modern-request', asking, count, park),
    await held('an open listen', 'modern', asking, Math.min(count, 2000), listen),
    await heldStreams(launch, Math.min(count, 2000)),
  ];
}

type Hold = (port: number, count: number) => Promise<Disposable>;

async function held(
  what: string,
  name: 'modern' | 'modern-request',
  launch: Launch,
  count: number,
  hold: Hold,
): Promise<Waiting> {
  await using server = await ServerChild.start(name, launch);
  using _warm = await hold(server.port, WARM);
  const before = await server.ask('memory');
  const cpu = await server.ask('cpu');
  using _held = await hold(server.port, count);
  const spent = (await server.ask('cpu')).micros - cpu.micros;
  const after = await server.ask('memory');
  return {
    what,
    bytes: (after.heapBytes - before.heapBytes) / count,
    serverMicros: spent / count,
  };
}

/** GET streams of sessions that were open and had been called before, sockets included. */
async function heldStreams(launch: Launch, count: number): Promise<Waiting> {
  await using server = await ServerChild.start('actors', launch);
  const { port } = server;
  const sessions = await withConnections(port, 32, (connections) =>
    openSessions(connections, WARM + count, (each) => openSession(each, port, EITHER)),
  );
  using _warm = await keepOpen(port, sessions.slice(0, WARM).map(streamRequest));
  const before = await server.ask('memory');
  const cpu = await server.ask('cpu');
  using _held = await keepOpen(port, sessions.slice(WARM).map(streamRequest));
  const spent = (await server.ask('cpu')).micros - cpu.micros;
  const after = await server.ask('memory');
  return {
    what: 'an open GET stream',
    bytes: (after.heapBytes - before.heapBytes) / count,
    serverMicros: spent / count,
  };
}

/** Calls that ask their user: each is answered with its question, and waits. */
async function park(port: number, count: number): Promise<Disposable> {
  const client = statelessClient(port);
  let left = count;
  await withConnections(port, 32, async (connections) => {
    await Promise.all(
      connections.map(async (connection) => {
        while (left-- > 0) {
          const { status, body } = await connection.ask(askRequest(client, left));
          if (status === 200 && body.includes('"input_required"')) continue;
          throw new Error(`Wrong answer to a call that asks: ${status} ${body}`);
        }
      }),
    );
  });
  return { [Symbol.dispose]: () => {} };
}

/** Listens that stay open. */
function listen(port: number, count: number): Promise<Disposable> {
  return keepOpen(
    port,
    Array.from({ length: count }, (_, id) => listenRequest(port, id)),
  );
}

/** Streams that stay open: each has begun. */
async function keepOpen(port: number, requests: readonly string[]): Promise<Disposable> {
  const sockets: Socket[] = [];
  for (const request of requests) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(request);
    const [head] = (await once(socket, 'data')) as [Buffer];
    if (!head.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(String(head));
    socket.resume();
  }
  return {
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
