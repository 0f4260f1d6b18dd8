import type { EndReason } from '../../machines/session.ts';
import type { ClientName, PinnedBy } from '../events/events.ts';

/** The next deadline of a session: its name, and when it is due. */
export interface ViewDeadline {
  readonly what: 'handshake' | 'quiet' | 'idle' | 'evict' | 'close' | 'actor';
  /** When the deadline is due, in milliseconds since the epoch. */
  readonly at: number;
}

/** A request in flight, as a view shows it: never its arguments. */
export interface RequestView {
  readonly method: string;
  /** The tool, prompt or resource that the request names, up to 256 characters. */
  readonly name: string | undefined;
  /** When the request arrived, in milliseconds since the epoch. */
  readonly since: number;
  /** The server has the request; `false`: the request waits. */
  readonly running: boolean;
}

/** One session at one moment: names and counts, nothing of what its client or server said. */
export interface SessionView {
  /** The wire id: it opens the session for its principal, so never show it. */
  readonly id: string;
  /** The session's name in events and logs: it opens nothing. */
  readonly key: string;
  /**
   * In a cluster: the name of the process that has the session, or an id where the process has no name;
   * `undefined`: no process has it.
   */
  readonly node: string | undefined;
  /** A loggable name of the principal; `anonymous` without one. */
  readonly principal: string;
  /** The path of the session's state, such as `idle.warm`. */
  readonly state: string;
  /** When the session was opened, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly protocolVersion: string | undefined;
  /** `modern`: the stateless revision, where no client names the session. */
  readonly era: 'legacy' | 'modern';
  /** What a session of era `modern` is for: a value of the option `modern.scope`. */
  readonly scope: string | undefined;
  /** Name and version that the client gave in `initialize`. */
  readonly client: ClientName | undefined;
  /** Number of the session's incarnation; 1 until its server is rebuilt. */
  readonly epoch: number;
  /** The client has confirmed its handshake. */
  readonly isConfirmed: boolean;
  /** A GET stream or a socket of the client is open. */
  readonly isAttached: boolean;
  /** Why the session keeps its server though it is idle. */
  readonly pinned: PinnedBy | undefined;
  /** Why the session ends, while it does. */
  readonly reason: EndReason | undefined;
  readonly deadline: ViewDeadline | undefined;
  /** Requests in flight, in order of arrival; at most 64. */
  readonly requests: readonly RequestView[];
  /** How many requests are accepted and not answered. */
  readonly inFlight: number;
  /** How many messages wait for a server or for a free handler. */
  readonly waiting: number;
  /** How many questions to the client have no answer. */
  readonly questions: number;
  /** How many event streams are open; 1 where the client is on a socket. */
  readonly streams: number;
  /** How many resources the session owns. */
  readonly owned: number;
}

/** Which sessions to list. */
export interface SessionQuery {
  /** A state, or all states below one: `idle` is also `idle.asleep`. */
  readonly state?: string;
  /** A principal, or the name that a view or an event shows for it. */
  readonly principal?: string;
  /** The session of this `key`, as in `SessionView`. */
  readonly key?: string;
  /** The cursor to go on from: `next` of the page before. */
  readonly after?: string;
  /** Most sessions on the page, up to 1000. @default 100 */
  readonly limit?: number;
}

/** A page of sessions: those in this process first, then those of other processes, and those asleep. */
export interface SessionPage {
  readonly sessions: readonly SessionView[];
  /** The cursor for the next page; `undefined` after the last. */
  readonly next: string | undefined;
}
