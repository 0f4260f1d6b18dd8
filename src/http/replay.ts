import type { Row } from '../store/writer.ts';
import type { ReplayBudget, ReplayHolder } from './replayBudget.ts';

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

/** The limit that an event is dropped for. */
export type ReplayBound = keyof ReplayBounds | 'maxReplayTotalBytes';

/**
 * The events of one session that can be resumed: bounded by count, bytes and age, oldest first out;
 * and by what all sessions hold.
 */
export class ReplayLog implements ReplayHolder {
  readonly principal: string | undefined;
  readonly #bounds: ReplayBounds;
  readonly #budget: ReplayBudget;
  readonly #onDrop: (entry: ReplayEntry, bound: ReplayBound) => void;
  #entries: ReplayEntry[] = [];
  #bytes = 0;

  /**
   * @param principal whose session it is
   * @param onDrop told of every event that is dropped, and of the bound that was met
   */
  constructor(
    principal: string | undefined,
    bounds: ReplayBounds,
    budget: ReplayBudget,
    onDrop: (entry: ReplayEntry, bound: ReplayBound) => void,
  ) {
    this.principal = principal;
    this.#bounds = bounds;
    this.#budget = budget;
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
    this.#budget.counted(this, this.#bytes);
  }

  dropOldest(bytes: number): number {
    const before = this.#bytes;
    do this.#drop('maxReplayTotalBytes');
    while (this.#entries.length > 0 && before - this.#bytes < bytes);
    this.#budget.counted(this, this.#bytes);
    return before - this.#bytes;
  }

  /** Nobody resumes from this log any more. */
  close(): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#budget.counted(this, 0);
  }

  /** Drops the events that are too old. */
  expire(now: number): void {
    while (this.#entries.length > 0 && now - this.#entries[0]!.at >= this.#bounds.replayMs) {
      this.#drop('replayMs');
    }
    this.#budget.counted(this, this.#bytes);
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
    this.#budget.counted(this, this.#bytes);
    return forgotten;
  }

  #drop(bound: ReplayBound): void {
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    this.#bytes -= entry.frame.length;
    this.#onDrop(entry, bound);
  }
}
