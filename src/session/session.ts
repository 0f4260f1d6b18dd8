import type { WakeCause } from '../events/events.ts';
import type { jsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import type { LogEntry, ProgressEntry } from '../events/journal.ts';
import type { Owned } from '../base/scope.ts';

import type { ServerTransport } from './transport.ts';

/** Why and with what a session's server was rebuilt. */
export interface Woken {
  /** It had slept, its server had crashed, or the process it ran in had ended. */
  readonly cause: WakeCause;
  /** What `onSleep` returned when it fell asleep. */
  readonly kept: unknown;
  /** Questions of the last server that nobody will answer any more, by method. */
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

/** Makes the server of one session. Never give out the same server twice. */
export type ServerFactory<T = unknown> = (
  session: Session<T>,
) => SessionServer | Promise<SessionServer>;

/** Name and version a client or server gave of itself in the handshake. */
export interface Implementation {
  readonly name: string;
  readonly version: string;
  readonly [key: string]: unknown;
}

/** One client's session, as user code holds it: in the factory, in handlers, from `currentSession()`. */
export interface Session<T = unknown> {
  /** The wire id: it opens the session for its principal, so never log it. */
  readonly id: string;
  /** A name for logs and events; of no use to a client. */
  readonly key: string;
  /** Who the session is bound to; `undefined` is the anonymous principal. */
  readonly principal: string | undefined;
  /** A name of the principal for logs; `anonymous` without one. */
  readonly principalKey: string;
  /** `legacy`: revisions up to 2025-11-25, where the protocol names the session. */
  readonly era: 'legacy';
  /** The negotiated revision, once `initialize` is answered. */
  readonly protocolVersion: string | undefined;
  readonly clientInfo: Implementation | undefined;
  readonly clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly ageMs: number;
  /** How often the server was rebuilt: more than 0 in a factory that rebuilds it. */
  readonly wakeCount: number;
  /** In a rebuilt server: why it was, what `onSleep` kept, which questions nobody will answer. */
  readonly woken: Woken | undefined;
  /** Made by the runtime's `state` option; this session's alone. */
  readonly state: T;
  /**
   * Changes the state. Changes of one session run one after the other, so an update may await.
   * What `change` returns becomes the state; returning nothing keeps the (changed) one.
   */
  update(change: (state: T) => T | void | Promise<T | void>): Promise<T>;
  /**
   * Ties something that must be released to this session: a function, a `Disposable`, or an object
   * with `close`, `kill`, `terminate`, `destroy`, `dispose` or `abort`. Released last in, first out,
   * each within its deadline, on every kind of end, exactly once. One that emits `error` crashes its
   * session, and nothing else.
   *
   * @throws ActorsError `not-disposable`, `session-over`, `too-many-resources`
   */
  own<R extends Owned>(resource: R, options?: { readonly deadlineMs?: number }): R;
  /** Aborts when this incarnation's server is released. */
  readonly signal: AbortSignal;
  /**
   * Tells this session's client something. Never throws and is never awaited: `false` means the
   * message became a dead letter.
   */
  notify(method: string, params?: Readonly<Record<string, unknown>>): boolean;
  /** The last messages in and out: types and sizes, oldest first. */
  readonly log: readonly LogEntry[];
  /** The last progress of each request in flight. */
  readonly progress: readonly ProgressEntry[];
  /**
   * Options to spread into the SDK server's: one schema validator shared by all sessions, where
   * each server would otherwise build its own.
   */
  readonly serverOptions: { readonly jsonSchemaValidator: jsonSchemaValidator };
  /** Ends the session. What is in flight may finish within `closeTimeoutMs`. */
  close(): void;
}
