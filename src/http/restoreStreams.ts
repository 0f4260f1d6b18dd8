import type { ReplayEntry } from './replay.ts';
import { STANDALONE, Stream } from './stream.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { Rows } from '../store/record.ts';
import { readRows, StreamRow } from './streamRows.ts';

/** The event streams that an earlier process has left in a store. */
export interface RestoredStreams {
  /** The number behind which this process goes on. */
  readonly base: number;
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
 * @param behindMs by how much times in the store are behind the clock
 * @param baseOf the number behind which this process goes on, by the highest that the rows know
 */
export function restoreStreams(
  standalone: Stream,
  rows: Rows,
  behindMs: number,
  baseOf: (known: number) => number,
): RestoredStreams {
  const { streams, entries, next } = readRows(rows, behindMs);
  let known = 0;
  for (const number of streams.keys()) known = Math.max(known, number);
  for (const { sequence } of entries) known = Math.max(known, sequence);
  const base = baseOf(known);
  const place = (stream: Stream): void => {
    const stored = streams.get(stream.number);
    if (stored !== undefined) stream.row = new StreamRow(stored.row, stream, true);
    stream.dropped = stored?.dropped ?? 0;
    stream.done = stored?.done ?? false;
    const last = entries.findLast((entry) => entry.stream === stream.number);
    stream.sequence = last?.sequence ?? stream.dropped;
  };
  /** More will be said: behind whatever the process before has said, stored or not. */
  const goOn = (stream: Stream): void => {
    stream.base = base;
    stream.sequence = base;
  };
  place(standalone);
  goOn(standalone);
  const restored = [...streams.values()].filter(({ number }) => number !== STANDALONE);
  const all = restored.map(({ number, asks, open, done }) => {
    const stream = new Stream(number, true, asks);
    place(stream);
    if (done || open.size === 0) return { stream, open: [] };
    goOn(stream);
    return { stream, open: [...open] };
  });
  return { base, streams: all, entries, next };
}
