import type { ReplayEntry } from './replay.ts';
import type { ResponsePort } from '../wire/port.ts';

/** The number of the stream a GET carries; POST streams count from 1. */
export const STANDALONE = 0;

/** Streams of one incarnation: both numbers are part of an event id. */
export const STREAMS_PER_EPOCH = 1_000_000;

/** An event on its way out. */
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
  /** The client was given an id it can resume from. */
  resumable: boolean;
  port: ResponsePort | null = null;
  /** Of the last event. */
  sequence = 0;
  /** Of the last event that can no longer be replayed. */
  dropped = 0;
  /** Everything has been said. */
  done = false;
  /** Its row in a durable store. */
  row: number | undefined;
  /** Nothing of it goes out until that row is stored: nobody could come back for it. */
  isHeld = false;
  /** Begins its response, as soon as it may. */
  begin: (() => void) | null = null;
  /** Its response ends as soon as it may begin. */
  isToDrop = false;
  /** What waits to go out, in order. */
  pending: Pending[] | null = null;
  /** It was begun by another process; its client may know more of it than its store. */
  isRestored = false;

  constructor(number: number, primed: boolean) {
    this.number = number;
    this.primed = primed;
    // The GET stream can be opened anew at any time, with or without an id.
    this.resumable = primed || number === STANDALONE;
  }

  /** One of which everything was said, and nothing is left here. */
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

  /** An event waits to go out. */
  push(frame: string, entry: ReplayEntry, isReady: boolean): Pending {
    const pending = { frame, entry, isReady };
    this.pending ??= [];
    this.pending.push(pending);
    return pending;
  }

  /** Whatever waits may go now: there is no later. */
  release(): void {
    for (const each of this.pending ?? []) each.isReady = true;
  }

  /**
   * Lets out what may go, in order.
   *
   * @param put writes one event; `false` where nobody reads
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
