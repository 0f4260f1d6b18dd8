import type { EndReason } from '../../machines/session.ts';
import type { Awaitable } from '../base/awaitable.ts';
import type { SessionRecord } from './record.ts';

/**
 * The right of one actor to write what is stored of a session, in a store that several processes have.
 * A claim is one object from its beginning to its end: whoever has another object has another claim,
 * whatever the ids are.
 */
export interface Claim {
  readonly id: string;
  /** Another process goes on with the session. */
  readonly isLost: boolean;
  /** A client of this very process uses the session, and not one of another process. */
  usedHere(): void;
}

/**
 * One change of a store. The changes of one `write` are made together, in order.
 *
 * Where several processes have the store, each change of a session names the claim by which it is made.
 */
export type StoreChange =
  | { readonly type: 'put'; readonly record: SessionRecord; readonly claim?: Claim | undefined }
  /**
   * The record of a session and every row of the session.
   *
   * @param reason why the session ended
   * @param principal whose the session was
   */
  | {
      readonly type: 'remove';
      readonly id: string;
      readonly claim?: Claim | undefined;
      readonly reason?: EndReason | undefined;
      readonly principal?: string | undefined;
    }
  /** One row of the event streams of a session that has a record; `undefined` erases the row. */
  | {
      readonly type: 'row';
      readonly id: string;
      readonly n: number;
      readonly row: string | undefined;
      readonly claim?: Claim | undefined;
    };

/** What a store remembers of time, so that a process with a wrong clock ends no session. */
export interface StoreTime {
  /** The time by which records expire, when it was last kept; in milliseconds since the epoch. */
  readonly at: number;
  /** By how much that time is behind the clock of the process that kept it. */
  readonly behindMs: number;
}

/** What else than sessions a store keeps, each apart from the others: see `SessionStore.part`. */
export const STORE_PARTS = ['handles', 'principals', 'tasks', 'secrets'] as const;
export type StorePart = (typeof STORE_PARTS)[number];

/** Hears what a durable store finds out by itself, and nobody waits for. */
export interface StoreObserver {
  /** Something went wrong. */
  failed(error: unknown): void;
  /** What was stored is gone again: what there is of it in this process is to be stored anew. */
  forgot(): void;
}

/** Some of the records of a store, in the order they expire. */
export interface RecordPage {
  readonly records: readonly SessionRecord[];
  /** In a store that several processes have: which of them has a session, by the session's id. */
  readonly owners?: ReadonlyMap<string, string>;
  /** What to ask the next page with, as `after`; `undefined` with the last page. */
  readonly next: string | undefined;
}

export interface RecordQuery {
  /** Records of this principal only. */
  readonly principal?: string;
  /** The `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/**
 * Where sessions are kept while they have no server.
 *
 * A store in memory holds sleeping sessions, by reference. A durable store holds every session, so
 * that another process can go on with it; such a store copies a change before `write` returns.
 *
 * Any method may throw or reject: the session then goes on in memory, and the failure is announced.
 */
export interface SessionStore {
  /** What is written to this store outlives the process. */
  readonly isDurable: boolean;
  /** Several processes have the store: what is in the store is not this process's to count. */
  readonly isShared?: boolean;
  /** @throws ActorsError `record-corrupt` when the record can not be read; it was put aside */
  get(id: string): Awaitable<SessionRecord | undefined>;
  /** Returns when all changes are stored. A process that dies meanwhile leaves all or none. */
  write(changes: readonly StoreChange[]): Awaitable<void>;
  page(query: RecordQuery): Awaitable<RecordPage>;
  /** Records whose `expiresAt` is not after `now` (ms since the epoch), the oldest first. */
  due(now: number, limit: number): Awaitable<readonly SessionRecord[]>;
  /** How many records there are, of one principal or in all. */
  count(principal?: string): Awaitable<number>;
  /** The rows of a session, ordered by their number. */
  rows(id: string): Awaitable<readonly { readonly n: number; readonly row: string }[]>;
  /**
   * The time that was kept last; `undefined` where none was. Only durable stores are asked. One
   * without this and `keepTime` goes by the clock of whoever opens it, right or wrong.
   */
  time?(): Awaitable<StoreTime | undefined>;
  /** Keeps the time in the place of the one before, for the next process. */
  keepTime?(time: StoreTime): Awaitable<void>;
  /**
   * A store for something else than sessions, with records of its own and in the same place. Only
   * durable stores are asked, and what one without this has no part for is kept in memory. The part
   * is closed before the store is.
   */
  part?(name: StorePart): SessionStore;
  /** Tells from here on what the store finds out by itself. A part tells of its own records alone. */
  observe?(observer: StoreObserver): void;
  close(): Awaitable<void>;
}
