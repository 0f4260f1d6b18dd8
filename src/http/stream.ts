import type { ReplayEntry } from './replay.ts';
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
  readonly frame: string;
  readonly entry: ReplayEntry;
  isReady: boolean;
}

/** One event stream of a session. Its port may be gone while the stream can still be resumed. */
export class Stream {
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
  /** An earlier process began the stream: the client may know more of it than the store. */
  isRestored = false;

  constructor(number: number, primed: boolean) {
    this.number = number;
    this.primed = primed;
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

  /** Adds an event that waits to go out. */
  push(frame: string, entry: ReplayEntry, isReady: boolean): Pending {
    const pending = { frame, entry, isReady };
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
   * @param put writes one event; `false` where no client reads
   * @returns whether everything was said and is out
   */
  flush(put: (frame: string) => boolean): boolean {
    if (this.isHeld) return false;
    const { pending } = this;
    while (pending?.[0]?.isReady === true) {
      const { frame, entry } = pending.shift()!;
      if (put(frame)) entry.undelivered = false;
    }
    return this.done && (pending?.length ?? 0) === 0;
  }
}
