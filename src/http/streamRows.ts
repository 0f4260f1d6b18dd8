import type { ReplayEntry } from './replay.ts';
import { isObject, type RequestId } from '../wire/jsonrpc.ts';
import type { Rows } from '../store/record.ts';

/** An event stream, as its row is made from it. */
export interface RowStream {
  readonly number: number;
  /** Ids of the requests that the stream answers: none on the GET stream. */
  readonly asks: readonly RequestId[];
  /** Number of the last event that can no longer be replayed. */
  readonly dropped: number;
  /** Number of the stream's row; `undefined` without one. */
  row: number | undefined;
}

/** An event stream, as its rows describe it to another process. */
export interface StoredStream extends RowStream {
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

/**
 * Keeps what can be resumed of a session's event streams in its store: a row for each event, and a
 * row for each stream of a POST, with the requests it answers. The GET stream has a row once an event
 * of it can no longer be replayed.
 */
export class StreamRows {
  readonly #store: (n: number, row: string | undefined) => Promise<boolean>;
  #next: number;
  #isWhole = true;

  /** @param store resolves when the row is stored (`true`), or can not be */
  constructor(store: (n: number, row: string | undefined) => Promise<boolean>, next = 1) {
    this.#store = store;
    this.#next = next;
  }

  /** The store has taken every row. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Stores that a stream was opened, or which of its events can no longer be replayed. */
  keep(stream: RowStream): Promise<void> {
    stream.row ??= this.#next++;
    const { row, number, asks, dropped } = stream;
    return this.#write(row, JSON.stringify(['o', number, asks, dropped]));
  }

  /** Stores an event; `last` marks the end of its stream. */
  said(entry: ReplayEntry, last: boolean): Promise<void> {
    entry.row = this.#next++;
    return this.#put(entry, last);
  }

  /** Stores that an event has reached the client it waited for. */
  delivered(entry: ReplayEntry): void {
    if (entry.row !== undefined) void this.#put(entry, false);
  }

  erase(row: number | undefined): void {
    if (row !== undefined) void this.#write(row, undefined);
  }

  #put(
    { row, stream, sequence, at, undelivered, frame }: ReplayEntry,
    last: boolean,
  ): Promise<void> {
    const cells = ['e', stream, sequence, at, Number(undelivered), Number(last), frame];
    // `said` has given the entry its row.
    return this.#write(row!, JSON.stringify(cells));
  }

  async #write(n: number, row: string | undefined): Promise<void> {
    if (!(await this.#store(n, row))) this.#isWhole = false;
  }
}

/** Reads streams and events from rows. Rows in an unknown form are left out. */
export function readRows(rows: Rows): StoredStreams {
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
      const [, stream, sequence, at, undelivered, last, frame] = cells as Event;
      entries.push({ row: n, stream, sequence, at, undelivered: undelivered === 1, frame });
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
