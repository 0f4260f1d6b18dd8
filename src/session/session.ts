import type { AnyActorLogic } from 'xstate';
import type { Implementation } from '../wire/implementation.ts';
import type { WakeCause } from '../events/events.ts';
import type { SchemaValidator } from './schemaEngine.ts';
import type { LogEntry, ProgressEntry } from '../events/journal.ts';
import type { Owned, OwnOptions } from '../base/scope.ts';

import type { ActorOf, SpawnOptions, UserActor } from './userActor.ts';
import type { ServerTransport } from './transport.ts';

/** Why a session's server was rebuilt, and what the last server left. */
export interface Woken {
  /** The session had slept, its server had crashed, or the process the server ran in had ended. */
  readonly cause: WakeCause;
  /** What `onSleep` returned when the session fell asleep. */
  readonly kept: unknown;
  /** Methods of the last server's questions that nobody will answer any more. */
  readonly expired: readonly string[];
}

/**
 * What a factory returns: an MCP server of the SDK, v1 or v2, `Server` or `McpServer`, or anything
 * that connects to a transport and closes.
 */
export interface SessionServer {
  connect(transport: ServerTransport): Promise<void>;
  close(): Promise<void>;
}

/** What a session's server is made with. Each SDK takes what it knows. */
export interface ServerOptions {
  /** Shared by all sessions, where each server would otherwise build its own. */
  readonly jsonSchemaValidator: SchemaValidator;
  /**
   * In era `modern`: the revisions of sessions, and the stateless one. A server of SDK v2 that lists
   * the stateless revision serves it in its own way; without the list, as it serves sessions.
   */
  readonly supportedProtocolVersions?: string[];
  /** In era `modern`, with the option `modern.cache`: what the results of each method say of that. */
  readonly cacheHints?: Readonly<
    Record<string, { readonly ttlMs: number; readonly cacheScope: 'public' | 'private' }>
  >;
}

/** Makes the server of one session. A server given out twice is the error `server-reused`. */
export type ServerFactory<T = unknown, M = unknown> = (
  session: Session<T, M>,
) => SessionServer | Promise<SessionServer>;

/** How a session owns a resource that is opened when first asked for: see `Session.lazy`. */
export interface LazyOptions extends Omit<OwnOptions, 'keepsAwake'> {
  /**
   * How long nobody may ask for the resource, with no call of the session in flight, before the
   * resource is released: a number of ms > 0, or `Infinity`. @default idleTimeoutMs
   */
  readonly idleMs?: number;
}

/** A resource of a session that is open while it is used. */
export interface Lazy<R> {
  /**
   * Gives the resource, opened if need be: once for all who ask meanwhile. For the call at hand:
   * the next call asks again, as the resource may have been released in between.
   *
   * @throws ActorsError `session-over` where the session's server has been released;
   * `too-many-resources`; whatever `open` throws
   */
  get(): Promise<R>;
}

/**
 * One client's session, as a factory, a handler and `currentSession()` give it to user code.
 *
 * @template T the session's state
 * @template M the runtime's machine
 */
export interface Session<T = unknown, M = unknown> {
  /** The id on the wire. It opens the session for the session's principal, so never log it. */
  readonly id: string;
  /** The session's name for logs and events; of no use to a client. */
  readonly key: string;
  /** Who the session is bound to; `undefined` is the anonymous principal. */
  readonly principal: string | undefined;
  /** The principal's name for logs; `anonymous` without a principal. */
  readonly principalKey: string;
  /**
   * `legacy`: revisions up to 2025-11-25, where the protocol names the session. `modern`: the
   * stateless revision 2026-07-28, where the runtime's option `modern` says whose session this is.
   */
  readonly era: 'legacy' | 'modern';
  /** The negotiated revision, once `initialize` is answered. */
  readonly protocolVersion: string | undefined;
  /** In era `modern`: of the client of the call at hand; outside a call, of the first one. */
  readonly clientInfo: Implementation | undefined;
  /** In era `modern`: of the client of the call at hand; outside a call, of any client. */
  readonly clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  /** When the session began, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly ageMs: number;
  /** How often the session's server was rebuilt: more than 0 in a factory call that rebuilds it. */
  readonly wakeCount: number;
  /** In a rebuilt server: the cause, what `onSleep` kept, which questions nobody will answer. */
  readonly woken: Woken | undefined;
  /** The session's own state, made by the runtime's `state` option. */
  readonly state: T;
  /**
   * Changes the state. Changes of one session run one after the other, so `change` may await. What
   * `change` returns becomes the state; returning nothing keeps the (changed) state.
   *
   * @throws ActorsError `session-over`; whatever `change` threw or a durable store failed with
   */
  update(change: (state: T) => T | void | Promise<T | void>): Promise<T>;
  /**
   * Ties a resource to this session: a function, a `Disposable`, or an object with `close`, `kill`,
   * `terminate`, `destroy`, `dispose` or `abort`. Resources are released last in, first out, each
   * within `deadlineMs` (or `closeTimeoutMs`), on every kind of end, exactly once. A resource that
   * emits `error`, or ends by itself, crashes its session, and nothing else.
   *
   * @throws ActorsError `bad-option`, `not-disposable`, `session-over`, `too-many-resources`
   */
  own<R extends Owned>(resource: R, options?: OwnOptions): R;
  /**
   * Owns a resource that is opened when first asked for, and released when nobody has used it for
   * `idleMs`, though the client stays: the next to ask has it opened anew. It keeps no session
   * awake.
   *
   * @throws ActorsError `bad-option`
   */
  lazy<R extends Owned>(open: () => R | PromiseLike<R>, options?: LazyOptions): Lazy<R>;
  /**
   * The session's own actor of the runtime's option `machine`. It starts when the factory has
   * returned, and goes on where it was in each server that is built after sleep or in another
   * process.
   *
   * @throws ActorsError `session-over` while the session sleeps, and after its end: `runtime.wake`
   * wakes one that sleeps
   */
  readonly actor: ActorOf<M>;
  /**
   * Runs one more XState actor, of any logic, for as long as the session's server is there. One that
   * the factory spawns goes on where it was whenever the session wakes; one spawned later keeps its
   * session awake until it is done.
   *
   * @throws ActorsError `bad-option`, `session-over`, `too-many-resources`
   */
  spawn<L extends AnyActorLogic>(logic: L, options: SpawnOptions<L>): UserActor<L>;
  /** Aborts when the session's current server is released. */
  readonly signal: AbortSignal;
  /**
   * Sends this session's client a notification. Never throws and is never awaited: `false` means
   * the message became a dead letter.
   */
  notify(method: string, params?: Readonly<Record<string, unknown>>): boolean;
  /** The session's last messages in and out, oldest first: types and sizes only. */
  readonly log: readonly LogEntry[];
  /** The last progress of each request in flight. */
  readonly progress: readonly ProgressEntry[];
  /**
   * Options to spread into those of the SDK server.
   *
   * @throws ActorsError `sdk-missing` where neither SDK is installed
   */
  readonly serverOptions: ServerOptions;
  /** Ends the session. Requests in flight may finish within `closeTimeoutMs`. */
  close(): void;
}
