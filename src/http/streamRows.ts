import type { ReplayEntry, ReplayLog } from './replay.ts';
import { isObject, type RequestId } from '../wire/jsonrpc.ts';
import type { Rows } from '../store/record.ts';
import type { Row } from '../store/writer.ts';

/** An event stream, as its row is made from it. */
export interface RowStream {
  readonly number: number;
  /** Ids of the requests that the stream answers: none on the GET stream. */
  readonly asks: readonly RequestId[];
  /** Number of the last event that can no longer be replayed. */
  readonly dropped: number;
  /** The stream's row; `undefined` without one. */
  row: Row | undefined;
}

/** An event stream, as its rows describe it to another process. */
export interface StoredStream extends Omit<RowStream, 'row'> {
  /** Number of the stream's row. */
  readonly row: number;
  /** Ids of the stream's requests without an answer. */
  readonly open: Set<RequestId>;
  /** Everything was said on the stream. */
  done: boolean;
}

export interface StoredStreams {
  readonly streams: ReadonlyMap<number, StoredStream>;
  /** Events, in the order they were said. */
  readonly entries: readonly ReplayEntry[];
  /** The number of the next row. */
  readonly next: number;
}

/** Where a durable store keeps the rows of one session. */
export interface RowStore {
  /** By how much times in the store are behind the clock. */
  readonly behindMs: number;
  /** Stores a row with the next write, also one that was stored and has changed. */
  row(row: Row): void;
  erase(row: Row): void;
  /** Resolves when the rows given so far are stored, or could not be. */
  rowsStored(): Promise<unknown>;
}

/** Says that a stream was opened, and which of its events can no longer be replayed. */
export class StreamRow implements Row {
  readonly n: number;
  readonly #stream: RowStream;
  isTaken: boolean;

  /** @param isTaken a store has the row */
  constructor(n: number, stream: RowStream, isTaken = false) {
    this.n = n;
    this.#stream = stream;
    this.isTaken = isTaken;
  }

  text(): string {
    const { number, asks, dropped } = this.#stream;
    return JSON.stringify(['o', number, asks, dropped]);
  }
}

/** Holds an event. */
class EventRow implements Row {
  readonly n: number;
  readonly #entry: ReplayEntry;
  readonly #isLast: boolean;
  /** By how much times in the store are behind the clock. */
  readonly #behindMs: number;
  isTaken: boolean;

  constructor(n: number, entry: ReplayEntry, isLast: boolean, behindMs: number, isTaken = false) {
    this.n = n;
    this.#entry = entry;
    this.#isLast = isLast;
    this.#behindMs = behindMs;
    this.isTaken = isTaken;
  }

  text(): string {
    const { stream, sequence, at, undelivered, frame } = this.#entry;
    const when = at - this.#behindMs;
    const cells = ['e', stream, sequence, when, Number(undelivered), Number(this.#isLast), frame];
    return JSON.stringify(cells);
  }
}

/**
 * Keeps what can be resumed of a session's event streams in its store: a row for each event, and a
 * row for each stream of a POST, with the requests it answers. The GET stream has a row once an event
 * of it can no longer be replayed.
 */
export class StreamRows {
  readonly #store: RowStore;
  #next: number;

  constructor(store: RowStore, next = 1) {
    this.#store = store;
    this.#next = next;
  }

  /** Resolves when a row is stored, or could not be; `undefined` without a row. */
  stored({ row }: { readonly row?: Row | undefined }): Promise<unknown> | undefined {
    return row === undefined ? undefined : this.#store.rowsStored();
  }

  /** Stores that a stream was opened, or which of its events can no longer be replayed. */
  keep(stream: RowStream): void {
    stream.row ??= new StreamRow(this.#next++, stream);
    this.#store.row(stream.row);
  }

  /** Stores an event; `last` marks the end of its stream. */
  said(entry: ReplayEntry, last: boolean): void {
    entry.row = new EventRow(this.#next++, entry, last, this.#store.behindMs);
    this.#store.row(entry.row);
  }

  /** Stores an event as it is now: it has reached its client, or the store has lost it. */
  again({ row }: ReplayEntry): void {
    if (row !== undefined) this.#store.row(row);
  }

  /** Stores all that was stored once more: the store has lost it. */
  restow(streams: Iterable<RowStream>, log: Pick<ReplayLog, 'after'>): void {
    for (const stream of streams) {
      if (stream.row !== undefined) this.keep(stream);
      for (const entry of log.after(stream.number, 0)) this.again(entry);
    }
  }

  erase(row: Row | undefined): void {
    if (row !== undefined) this.#store.erase(row);
  }

  /** Erases an event, which is never stored again: it may have yet to go out. */
  forget(entry: ReplayEntry): void {
    this.erase(entry.row);
    entry.row = undefined;
  }
}

/** Makes the rows of a durable store, where the session has one. */
export function rowsOf(store: RowStore | null, next?: number): StreamRows | null {
  return store === null ? null : new StreamRows(store, next);
}

/**
 * Reads streams and events from rows. Rows in an unknown form are left out.
 *
 * @param behindMs by how much times in the store are behind the clock
 */
export function readRows(rows: Rows, behindMs: number): StoredStreams {
  const streams = new Map<number, StoredStream>();
  const entries: ReplayEntry[] = [];
  let next = 1;
  for (const { n, row } of rows) {
    next = Math.max(next, n + 1);
    const cells = parsed(row);
    if (!Array.isArray(cells)) continue;
    const [kind, number] = cells as [unknown, number];
    if (kind === 'o') {
      const [, , asks, dropped = 0] = cells as Opened;
      streams.set(number, { number, row: n, asks, dropped, open: new Set(asks), done: false });
    } else if (kind === 'e') {
      const [, stream, sequence, when, undelivered, last, frame] = cells as Event;
      const at = when + behindMs;
      const entry: ReplayEntry = { stream, sequence, at, undelivered: undelivered === 1, frame };
      entry.row = new EventRow(n, entry, last === 1, behindMs, true);
      entries.push(entry);
      const of = streams.get(stream);
      if (of === undefined) continue;
      if (last === 1) of.done = true;
      const answered = answeredIn(frame);
      if (answered !== undefined) of.open.delete(answered);
    }
  }
  return { streams, entries, next };
}

type Opened = [string, number, readonly RequestId[], number | undefined];
type Event = [string, number, number, number, number, number, string];

/** The id of the request that an event answers. */
function answeredIn(frame: string): RequestId | undefined {
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  const message = data === undefined ? undefined : parsed(data);
  if (!isObject(message) || 'method' in message) return undefined;
  return message['id'] as RequestId;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
