import type { ResponsePort } from './wire/port.ts';

/** The number of the stream a GET carries; POST streams count from 1. */
export const STANDALONE = 0;

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

  constructor(number: number, primed: boolean) {
    this.number = number;
    this.primed = primed;
    // The GET stream can be opened anew at any time, with or without an id.
    this.resumable = primed || number === STANDALONE;
  }

  get isLive(): boolean {
    return this.port !== null && !this.port.gone;
  }
}
