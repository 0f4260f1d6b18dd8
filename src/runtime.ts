import { type FetchContext, handleFetch } from './adapters/fetch.ts';
import { Endpoint } from './endpoint.ts';
import { ActorsError } from './errors.ts';
import type { DeadLetter, RuntimeEventName, RuntimeEvents } from './events.ts';
import { type RuntimeOptions, type Settings, settle } from './options.ts';
import type { Session } from './session.ts';
import type { SessionActor } from './sessionActor.ts';
import type { RuntimeStats } from './stats.ts';
import { type DrainReport, Supervisor } from './supervisor.ts';
import { pageOf } from './pageOf.ts';
import type { SessionPage, SessionQuery } from './view.ts';

/** A running set of sessions, and the ways into it. */
export interface Runtime<T = unknown> {
  /** Serves a web-standard request. Detachable: `app.all('/mcp', (c) => fetch(c.req.raw))`. */
  readonly fetch: (request: Request, context?: FetchContext) => Promise<Response>;
  /** Listens to what happens; returns how to stop. A listener that throws disturbs nobody. */
  readonly on: <N extends RuntimeEventName>(
    name: N,
    listener: (event: RuntimeEvents[N]) => void,
  ) => () => void;
  /** Counts, now and since the beginning. */
  readonly stats: () => RuntimeStats;
  /** The sessions that are in this process: all but those asleep. */
  readonly residents: () => Session<T>[];
  /** A page of all sessions, those asleep as well. */
  readonly sessions: (query?: SessionQuery) => Promise<SessionPage>;
  /** The last messages that could not be delivered, oldest first. */
  readonly deadLetters: () => DeadLetter[];
  /** New sessions are admitted: `false` while draining and after `close`. */
  readonly isReady: boolean;
  /**
   * Refuses new sessions, lets work in flight finish, ends every session.
   * What is not finished at the deadline gets an error.
   */
  readonly drain: (options: { readonly deadlineMs: number }) => Promise<DrainReport>;
  /** Ends everything now. */
  readonly close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const endpoints = new WeakMap<object, Endpoint>();

/** For adapters: where the requests of a runtime go. */
export function endpointOf(runtime: object): Endpoint {
  const endpoint = endpoints.get(runtime);
  if (endpoint === undefined) throw new ActorsError('bad-option', 'not a runtime of createRuntime');
  return endpoint;
}

/**
 * Runs a stateful MCP server: one actor per session, each with a server, a transport and a state of
 * its own.
 *
 * @throws ActorsError `bad-option`
 */
export function createRuntime<T = undefined>(options: RuntimeOptions<T>): Runtime<T> {
  const supervisor = new Supervisor<SessionActor>(settle(options) as Settings<unknown>);
  const endpoint = new Endpoint(supervisor);
  const { services } = supervisor;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= supervisor.close());
  const runtime: Runtime<T> = {
    fetch: (request, context) => handleFetch(endpoint, request, context),
    on: (name, listener) => services.events.on(name, listener),
    stats: () => ({ ...services.counters.copy(), inFlight: supervisor.inFlight }),
    residents: () => Array.from(supervisor.sessions(), (each) => each.session as Session<T>),
    sessions: async (query = {}) => pageOf(supervisor, query),
    deadLetters: () => services.deadLetters.toArray(),
    get isReady() {
      return supervisor.isAdmitting;
    },
    drain: ({ deadlineMs }) => supervisor.drain(deadlineMs),
    close,
    [Symbol.asyncDispose]: close,
  };
  endpoints.set(runtime, endpoint);
  return runtime;
}
