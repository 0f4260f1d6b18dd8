import type { Row } from '../store/writer.ts';

/** One event that may still be resumed. */
export interface ReplayEntry {
  readonly stream: number;
  readonly sequence: number;
  readonly frame: string;
  readonly at: number;
  /** The event was never written to a client. */
  undelivered: boolean;
  /** The event's row in a durable store. */
  row?: Row | undefined;
}

export interface ReplayBounds {
  readonly maxReplayEvents: number;
  readonly maxReplayBytes: number;
  readonly replayMs: number;
}

/**
 * The events of one session that can be resumed: bounded by count, bytes and age, oldest first out.
 */
export class ReplayLog {
  readonly #bounds: ReplayBounds;
  readonly #onDrop: (entry: ReplayEntry, bound: keyof ReplayBounds) => void;
  #entries: ReplayEntry[] = [];
  #bytes = 0;

  /** @param onDrop told of every event that is dropped, and of the bound that was met */
  constructor(
    bounds: ReplayBounds,
    onDrop: (entry: ReplayEntry, bound: keyof ReplayBounds) => void,
  ) {
    this.#bounds = bounds;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Whether an event can be kept at all. */
  fits(frame: string): boolean {
    return frame.length <= this.#bounds.maxReplayBytes;
  }

  push(entry: ReplayEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.frame.length;
    const { maxReplayEvents, maxReplayBytes } = this.#bounds;
    if (this.#entries.length > maxReplayEvents) this.#drop('maxReplayEvents');
    while (this.#bytes > maxReplayBytes) this.#drop('maxReplayBytes');
  }

  /** Drops the events that are too old. */
  expire(now: number): void {
    while (this.#entries.length > 0 && now - this.#entries[0]!.at >= this.#bounds.replayMs) {
      this.#drop('replayMs');
    }
  }

  /** Events of a stream after a sequence number, oldest first. */
  after(stream: number, sequence: number): ReplayEntry[] {
    return this.#entries.filter((entry) => entry.stream === stream && entry.sequence > sequence);
  }

  /** Forgets the events of a stream. @returns what the log had of them */
  forget(stream: number): ReplayEntry[] {
    const forgotten = this.after(stream, -1);
    this.#entries = this.#entries.filter((entry) => entry.stream !== stream);
    this.#bytes = this.#entries.reduce((sum, entry) => sum + entry.frame.length, 0);
    return forgotten;
  }

  #drop(bound: keyof ReplayBounds): void {
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    this.#bytes -= entry.frame.length;
    this.#onDrop(entry, bound);
  }
}
