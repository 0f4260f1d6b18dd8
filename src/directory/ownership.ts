import type { Awaitable } from '../base/awaitable.ts';
import type { Rows, SessionRecord } from '../store/record.ts';
import type { Claim, SessionStore } from '../store/store.ts';
import type { SessionView } from './view.ts';
import type { Elsewhere, Nowhere } from './whereabouts.ts';

/** A session that has become this process's, with what is stored of the session. */
export interface OwnRecord {
  readonly at: 'ours';
  readonly claim: Claim;
  readonly record: SessionRecord;
  readonly rows: Rows;
}

/** What came of a claim; `ours`: the session is this process's, if there is such a session at all. */
export type Claimed = 'ours' | OwnRecord | Elsewhere | Nowhere;

/** A process of a cluster, as its last beat told. */
export interface NodeView {
  readonly name: string;
  /** When the process began, in milliseconds since the epoch; `undefined`: it did not say. */
  readonly since: number | undefined;
  /** How many sessions the process has; `undefined`: it did not say. */
  readonly owned: number | undefined;
  /** The process takes no sessions: it is about to leave. */
  readonly isDraining: boolean;
  /** It is this process. */
  readonly isSelf: boolean;
}

/** The processes that have one set of sessions. */
export interface Members {
  /** The name of this process. */
  readonly self: string;
  /** Names this process among all that there are, and were. */
  readonly process: string;
  /** A process that lives, by what it is named among all, for a session that it has still. */
  at(process: string, id: string): Promise<Elsewhere | undefined>;
  /**
   * The processes that live.
   *
   * @throws ActorsError `store-unavailable`
   */
  nodes(): Promise<readonly NodeView[]>;
  /** The name of a process that a store says has a session. */
  nameOf(owner: string): string;
  /** What another process shows of sessions: of those it has, as far as it answers within 2 s. */
  views(owner: string, ids: readonly string[]): Promise<readonly SessionView[]>;
}

/** Tells which process a session is on, where several processes have one set of sessions. */
export interface Ownership {
  /** Other processes may have sessions of the same store. */
  readonly isShared: boolean;
  /** The processes; `undefined`: there is one. */
  readonly members: Members | undefined;
  /** Sessions of this process may be served now, and others may be claimed. */
  readonly isLive: boolean;
  /** Resolves when that is so again. @throws ActorsError `store-unavailable` */
  live(): Promise<void>;
  /** A session begins in this process. */
  begun(id: string): Claim | undefined;
  /**
   * Makes a session this process's where that is nobody's. Asked before the record of a session is
   * looked for.
   *
   * @throws ActorsError `store-unavailable`, `record-corrupt`
   */
  claim(id: string): Awaitable<Claimed>;
  /**
   * Makes a session nobody's: another process may go on with the session. `false`: the session stays
   * this process's.
   */
  release(claim: Claim): Promise<boolean>;
  /** The session of a claim has ended here, and the store is to forget it, or has. */
  ended(claim: Claim): void;
  /** Where a session is, for a process that claims none any more. */
  elsewhere(id: string): Awaitable<Elsewhere | Nowhere>;
}

/** Where something is kept, and which process has what is there. */
export interface OwnedStore {
  readonly store: SessionStore;
  readonly ownership: Ownership;
}

/** The ownership of a single process: every session is its own. */
export const ALONE: Ownership = {
  isShared: false,
  members: undefined,
  isLive: true,
  live: () => Promise.resolve(),
  begun: () => undefined,
  claim: () => 'ours',
  release: () => Promise.resolve(false),
  ended: () => {},
  elsewhere: () => ({ at: 'nowhere', refusal: 'draining', reason: undefined }),
};
