import { type ContenderName, kindOf } from '../contenders/index.ts';
import {
  checkEcho,
  type ClientSession,
  closeSession,
  echoRequest,
  EITHER,
  openSession,
  requestClient,
  statelessClient,
  STREAMS_FIRST,
} from './client.ts';
import { type Connection, withConnections } from './connection.ts';
import { callEach, callFor, churnFor, openSessions, type Visit, type Visitors } from './driver.ts';
import { WebSocketSession } from './webSocket.ts';

/** The clients of a contender, as it wants them to speak. */
export function visitorsOf({ name, port }: { name: ContenderName; port: number }): Visitors {
  const { speech, prefersStreams } = kindOf(name);
  if (speech === 'sockets') return new SocketVisitors(port);
  if (speech === 'modern') return new HttpVisitors(port, EITHER, statelessClient(port));
  if (speech === 'requests') return new HttpVisitors(port, EITHER, requestClient(port));
  return new HttpVisitors(port, prefersStreams ? STREAMS_FIRST : EITHER, undefined);
}

/** Clients over Streamable HTTP. */
class HttpVisitors implements Visitors {
  readonly hasSessions: boolean;
  readonly #port: number;
  readonly #accept: string;
  readonly #sessions: ClientSession[] = [];

  /** @param only who calls where no session is opened */
  constructor(port: number, accept: string, only: ClientSession | undefined) {
    this.#port = port;
    this.#accept = accept;
    this.hasSessions = only === undefined;
    if (only) this.#sessions.push(only);
  }

  visit<T>(count: number, work: (visit: Visit) => Promise<T>): Promise<T> {
    return withConnections(this.#port, count, (connections) => work(this.#visit(connections)));
  }

  leave(): void {}

  #visit(connections: readonly Connection[]): Visit {
    const open = (connection: Connection) => openSession(connection, this.#port, this.#accept);
    const first = this.#sessions.length;
    return {
      open: async (count) => {
        if (!this.hasSessions) return;
        this.#sessions.push(...(await openSessions(connections, count, open)));
      },
      callEach: () => callEach(connections, this.#sessions.slice(first), callHttp),
      callFor: (ms) => callFor(connections, this.#sessions, ms, callHttp),
      churnFor: (ms) =>
        churnFor(connections, ms, async (connection) =>
          closeSession(connection, await open(connection)),
        ),
    };
  }
}

function callHttp(
  connection: Connection,
  session: ClientSession,
  id: number,
  text: string,
  done: () => void,
  failed: (error: Error) => void,
): void {
  connection.send(
    echoRequest(session, id, text),
    (reply) => {
      checkEcho(reply, id, text);
      done();
    },
    failed,
  );
}

function callSocket(
  _: number,
  session: WebSocketSession,
  ...rest: Parameters<WebSocketSession['call']>
): void {
  session.call(...rest);
}

/** Clients that have a WebSocket for each session: as many call at once as elsewhere. */
class SocketVisitors implements Visitors {
  readonly hasSessions = true;
  readonly #port: number;
  readonly #sessions: WebSocketSession[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  visit<T>(count: number, work: (visit: Visit) => Promise<T>): Promise<T> {
    const places = Array.from({ length: count }, (_, place) => place);
    const open = () => WebSocketSession.open(this.#port);
    const first = this.#sessions.length;
    return work({
      open: async (sessions) => {
        this.#sessions.push(...(await openSessions(places, sessions, open)));
      },
      callEach: () => callEach(places, this.#sessions.slice(first), callSocket),
      callFor: (ms) => callFor(places, this.#sessions, ms, callSocket),
      churnFor: (ms) => churnFor(places, ms, async () => (await open()).close()),
    });
  }

  leave(): void {
    for (const session of this.#sessions) session.end();
  }
}
