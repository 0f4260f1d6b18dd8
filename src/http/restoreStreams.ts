import type { ReplayEntry } from './replay.ts';
import { Stream } from './stream.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { Rows } from '../store/record.ts';
import { readRows } from './streamRows.ts';

/** The event streams that an earlier process has left in a store. */
export interface RestoredStreams {
  /** Streams of POSTs, each with the requests that no handler will answer any more. */
  readonly streams: readonly { readonly stream: Stream; readonly open: readonly RequestId[] }[];
  readonly entries: readonly ReplayEntry[];
  /** The number of the next row. */
  readonly next: number;
}

/**
 * Makes streams and events of the rows stored for a session.
 *
 * @param standalone the GET stream, which gets back its place
 * @param sequence number of the GET stream's last event, from the session's record
 */
export function restoreStreams(standalone: Stream, sequence: number, rows: Rows): RestoredStreams {
  const { streams, entries, next } = readRows(rows);
  place(standalone, sequence, entries);
  const restored = Array.from(streams.values(), ({ number, row, open, done }) => {
    const stream = new Stream(number, true);
    stream.row = row;
    stream.done = done;
    place(stream, 0, entries);
    return { stream, open: done ? [] : [...open] };
  });
  return { streams: restored, entries, next };
}

function place(stream: Stream, sequence: number, entries: readonly ReplayEntry[]): void {
  const own = entries.filter(({ stream: number }) => number === stream.number);
  stream.isRestored = true;
  stream.sequence = Math.max(sequence, own.at(-1)?.sequence ?? 0);
  stream.dropped = (own[0]?.sequence ?? stream.sequence + 1) - 1;
}
