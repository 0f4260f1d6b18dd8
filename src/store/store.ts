import type { Awaitable } from '../base/awaitable.ts';
import type { SessionRecord } from './record.ts';

/** One change. Those of one `write` are made together, in order. */
export type StoreChange =
  | { readonly type: 'put'; readonly record: SessionRecord }
  /** The record and every row of it. */
  | { readonly type: 'remove'; readonly id: string }
  /** One row of the event streams of a session that has a record; `undefined` erases it. */
  | {
      readonly type: 'row';
      readonly id: string;
      readonly n: number;
      readonly row: string | undefined;
    };

/** Some of the records, the ones that expire first at the beginning. */
export interface RecordPage {
  readonly records: readonly SessionRecord[];
  /** Where the next page begins; `undefined` after the last. */
  readonly next: string | undefined;
}

export interface RecordQuery {
  /** Of one principal only. */
  readonly principal?: string;
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/**
 * Where sessions are kept while they have no server.
 *
 * In memory it holds those asleep, by reference. A durable store holds every session there is, so
 * that another process can go on with them; it copies what it is given before it returns.
 *
 * Any method may throw or reject: the session then goes on in memory, and the failure is announced.
 */
export interface SessionStore {
  /** What is written outlives the process. */
  readonly isDurable: boolean;
  /** @throws ActorsError `record-corrupt` when what is stored can not be read; it was put aside */
  get(id: string): Awaitable<SessionRecord | undefined>;
  /** Returns when all of it is stored. A process that dies meanwhile leaves all of it or none. */
  write(changes: readonly StoreChange[]): Awaitable<void>;
  page(query: RecordQuery): Awaitable<RecordPage>;
  /** Records whose `expiresAt` is not after a time, the oldest first. */
  due(now: number, limit: number): Awaitable<readonly SessionRecord[]>;
  /** How many records there are, of one principal or in all. */
  count(principal?: string): Awaitable<number>;
  /** The rows of a session, by their number. */
  rows(id: string): Awaitable<readonly { readonly n: number; readonly row: string }[]>;
  close(): Awaitable<void>;
}
