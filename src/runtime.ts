import { type FetchContext, handleFetch } from './http/fetch.ts';
import { Endpoint } from './http/endpoint.ts';
import { ActorsError } from './base/errors.ts';
import type { DeadLetter, RuntimeEventName, RuntimeEvents } from './events/events.ts';
import { type RuntimeOptions, type Settings, settle } from './options.ts';
import type { Session } from './session/session.ts';
import { SessionActor } from './session/sessionActor.ts';
import { Sleepers } from './directory/directory.ts';
import type { RuntimeStats } from './events/counters.ts';
import { type DrainReport, Supervisor } from './actor/supervisor.ts';
import { Operator } from './directory/operator.ts';
import { pageOf } from './directory/page.ts';
import type { EndReason } from '../machines/session.ts';
import type { SessionPage, SessionQuery } from './directory/view.ts';

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
  /**
   * Ends a session, awake or asleep.
   *
   * @param id the wire id, as in `SessionView`
   * @returns resolves when it is gone and its store has forgotten it; `false`: there is none
   * @throws whatever a durable store failed with
   */
  readonly evict: (id: string, reason?: EndReason) => Promise<boolean>;
  /** Ends every session of a principal. @returns how many */
  readonly evictPrincipal: (principal: string, reason?: EndReason) => Promise<number>;
  /**
   * Wakes a session if it sleeps.
   *
   * @returns the session; `undefined` where there is none, no place for it, or its server is refused
   */
  readonly wake: (id: string) => Promise<Session<T> | undefined>;
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
  const sleepers = new Sleepers(services.settings.store, services, {
    resident: (id) => supervisor.resident(id),
    residents: () => supervisor.sessions(),
    wasEnded: (id) => supervisor.wasEnded(id),
    get isAdmitting() {
      return supervisor.isAdmitting;
    },
    recall(record, rows) {
      const actor = new SessionActor(supervisor, record.id, record.principal, undefined, record);
      actor.wakeFrom(record, rows);
      supervisor.recall(actor);
      return actor;
    },
    dismiss(actor) {
      supervisor.dismiss(actor);
      actor.dismissed();
    },
  });
  services.sleepers = sleepers;
  sleepers.open();
  const operator = new Operator(supervisor, sleepers);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= supervisor.close());
  const runtime: Runtime<T> = {
    fetch: (request, context) => handleFetch(endpoint, request, context),
    on: (name, listener) => services.events.on(name, listener),
    stats: () => ({ ...services.counters.copy(), inFlight: supervisor.inFlight }),
    residents: () => Array.from(supervisor.sessions(), (each) => each.session as Session<T>),
    sessions: (query = {}) => pageOf(supervisor, query),
    evict: (id, reason = 'revoked') => operator.evict(id, reason),
    evictPrincipal: (principal, reason = 'revoked') => operator.evictPrincipal(principal, reason),
    wake: async (id) => (await operator.wake(id)) as Session<T> | undefined,
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
