import type { EndReason } from '../../machines/session.ts';
import type { PinnedBy } from '../events/events.ts';

/** What a session waits for, and when it is due. */
export interface ViewDeadline {
  readonly what: 'handshake' | 'quiet' | 'idle' | 'evict' | 'close';
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A request in flight, for those who watch: never its arguments. */
export interface RequestView {
  readonly method: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** The server has it; otherwise it waits. */
  readonly running: boolean;
}

/** One session at one moment: names and counts, nothing of what it said. */
export interface SessionView {
  /** The wire id: it opens the session for its principal, so never show it. */
  readonly id: string;
  readonly key: string;
  /** A loggable name; `anonymous` without one. */
  readonly principal: string;
  /** The path of its state, such as `idle.warm`. */
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly protocolVersion: string | undefined;
  /** Name and version the client gave of itself. */
  readonly client: { readonly name: string; readonly version: string } | undefined;
  /** Of its incarnation; 1 until its server is rebuilt. */
  readonly epoch: number;
  readonly isConfirmed: boolean;
  /** A GET stream or a socket of its client is open. */
  readonly isAttached: boolean;
  /** Why it keeps its server though it is idle. */
  readonly pinned: PinnedBy | undefined;
  /** Why it ends, while it does. */
  readonly reason: EndReason | undefined;
  readonly deadline: ViewDeadline | undefined;
  /** Requests in flight, the first ones in. */
  readonly requests: readonly RequestView[];
  /** Requests accepted and not answered. */
  readonly inFlight: number;
  /** Messages that wait for a server or for a free handler. */
  readonly waiting: number;
  /** Questions to the client without an answer. */
  readonly questions: number;
  /** Open event streams; 1 where its client is on a socket. */
  readonly streams: number;
  /** Resources it owns. */
  readonly owned: number;
}

/** Which sessions to list. */
export interface SessionQuery {
  /** A state, or all states below one: `idle` is also `idle.asleep`. */
  readonly state?: string;
  readonly principal?: string;
  /** The one of this name. */
  readonly key?: string;
  /** `next` of the page before. */
  readonly after?: string;
  /** @default 100, at most 1000 */
  readonly limit?: number;
}

/** Some of the sessions: those in this process first, then those asleep. */
export interface SessionPage {
  readonly sessions: readonly SessionView[];
  readonly next: string | undefined;
}
