/** One event that may still be resumed. */
export interface ReplayEntry {
  readonly stream: number;
  readonly sequence: number;
  readonly frame: string;
  readonly at: number;
  /** Never written to a client yet. */
  undelivered: boolean;
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
  readonly #onDrop: (entry: ReplayEntry) => void;
  #entries: ReplayEntry[] = [];
  #bytes = 0;

  constructor(bounds: ReplayBounds, onDrop: (entry: ReplayEntry) => void) {
    this.#bounds = bounds;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#entries.length;
  }

  push(entry: ReplayEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.frame.length;
    const { maxReplayEvents, maxReplayBytes } = this.#bounds;
    let over = 0;
    while (
      this.#entries.length - over > maxReplayEvents ||
      (this.#bytes > maxReplayBytes && over < this.#entries.length)
    ) {
      this.#bytes -= this.#entries[over]!.frame.length;
      over++;
    }
    if (over > 0) this.#drop(over);
  }

  /** Forgets what is too old. */
  expire(now: number): void {
    let over = 0;
    for (const entry of this.#entries) {
      if (now - entry.at < this.#bounds.replayMs) break;
      this.#bytes -= entry.frame.length;
      over++;
    }
    if (over > 0) this.#drop(over);
  }

  /** What a stream said after a sequence number, oldest first. */
  after(stream: number, sequence: number): ReplayEntry[] {
    return this.#entries.filter((entry) => entry.stream === stream && entry.sequence > sequence);
  }

  /** Forgets a stream. */
  forget(stream: number): void {
    this.#entries = this.#entries.filter((entry) => entry.stream !== stream);
    this.#bytes = this.#entries.reduce((sum, entry) => sum + entry.frame.length, 0);
  }

  #drop(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#onDrop(entry);
  }
}
