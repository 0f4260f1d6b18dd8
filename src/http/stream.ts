import type { ReplayEntry } from './replay.ts';
import type { RowStream } from './streamRows.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';

/** The number of the stream that a GET carries; streams of POSTs count from 1. */
export const STANDALONE = 0;

/**
 * Stream numbers of one incarnation: the next one counts from behind them, so an event id, which
 * has the stream's number in it, never repeats.
 */
export const STREAMS_PER_EPOCH = 1_000_000;

/** An event that waits to go out. */
export interface Pending {
  readonly entry: ReplayEntry;
  isReady: boolean;
}

const NONE: readonly RequestId[] = [];

/** One event stream of a session. Its port may be gone while the stream can still be resumed. */
export class Stream implements RowStream {
  readonly number: number;
  /** The client understands an event that only carries an id. */
  primed: boolean;
  /** The client was given an id to resume the stream from. */
  resumable: boolean;
  port: ResponsePort | null = null;
  /** Number of the last event. */
  sequence = 0;
  /** Number of the last event that can no longer be replayed. */
  dropped = 0;
  /** Everything was said on the stream. */
  done = false;
  /** Ids of the requests that the stream answers. */
  readonly asks: readonly RequestId[];
  /** Number of the stream's row in a durable store. */
  row: number | undefined;
  /** No event goes out before the stream's row is stored: no client could resume it yet. */
  isHeld = false;
  /** Begins the response of a held stream, as soon as it may go out. */
  begin: (() => void) | null = null;
  /** The response of a held stream ends as soon as it may begin. */
  isToDrop = false;
  /** Events that wait to go out, in order. */
  pending: Pending[] | null = null;
  /** Where this process goes on with the numbers of a stream that an earlier process began. */
  base: number | undefined;

  constructor(number: number, primed: boolean, asks = NONE) {
    this.number = number;
    this.primed = primed;
    this.asks = asks;
    // The GET stream can be opened anew at any time, with or without an id.
    this.resumable = primed || number === STANDALONE;
  }

  /** Makes a stream on which everything was said, and of which this process has no event. */
  static over(number: number, last: { readonly sequence: number } | undefined): Stream {
    const stream = new Stream(number, true);
    stream.done = true;
    stream.dropped = last?.sequence ?? 0;
    stream.sequence = stream.dropped;
    return stream;
  }

  get isLive(): boolean {
    return this.port !== null && !this.port.gone;
  }

  /** Number of the first event that has yet to go out. */
  get next(): number {
    return this.pending?.[0]?.entry.sequence ?? this.sequence + 1;
  }

  /**
   * The number of the event behind which to replay for a client that has seen a number; `undefined`
   * for a number that the stream has not come to.
   */
  behind(seen: number): number | undefined {
    if (seen <= this.sequence) return seen;
    // A process that died before its store knew of its numbers may have come to higher ones. All
    // that is said since is new to its client.
    return this.base;
  }

  /** Everything was said on the stream, and a client that has seen a number has seen all of it. */
  isOver(seen: number): boolean {
    return this.done && seen >= this.sequence;
  }

  /** Adds an event that waits to go out. */
  push(entry: ReplayEntry, isReady: boolean): Pending {
    const pending = { entry, isReady };
    this.pending ??= [];
    this.pending.push(pending);
    return pending;
  }

  /** Lets every waiting event go, stored or not: there is no later. */
  release(): void {
    for (const each of this.pending ?? []) each.isReady = true;
  }

  /**
   * Sends the events that may go out, in order.
   *
   * @param put writes one event, where a client reads
   * @returns whether everything was said and is out
   */
  flush(put: (entry: ReplayEntry) => void): boolean {
    if (this.isHeld) return false;
    const { pending } = this;
    while (pending?.[0]?.isReady === true) put(pending.shift()!.entry);
    return this.done && (pending?.length ?? 0) === 0;
  }
}
