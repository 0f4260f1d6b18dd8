import type { Journal } from '../events/journal.ts';
import type { Limits } from '../base/limits.ts';
import type { Readers } from './readers.ts';
import type { Stream } from './stream.ts';

/**
 * Bounds the events of one session that wait to go out: until the row of their stream is stored, or
 * their numbers are. They count as unread.
 */
export class WaitingRoom {
  readonly #streams: ReadonlyMap<number, Stream>;
  readonly #readers: Readers;
  readonly #journal: Journal;
  readonly #limits: Limits;

  constructor(
    streams: ReadonlyMap<number, Stream>,
    readers: Readers,
    journal: Journal,
    limits: Limits,
  ) {
    this.#streams = streams;
    this.#readers = readers;
    this.#journal = journal;
    this.#limits = limits;
  }

  /** Whether an event has room. Once half is taken, a handler that awaits the event waits as well. */
  admits(stream: Stream, bytes: number): boolean {
    if (stream.isFull) return false;
    const { maxStreamBytes, maxUnreadBytes } = this.#limits;
    // With this event: beyond the limit, what goes out in the end would be cut as unread.
    let all = bytes;
    for (const { pendingBytes } of this.#streams.values()) all += pendingBytes;
    const used = Math.max(stream.pendingBytes / maxStreamBytes, all / maxUnreadBytes);
    if (used > 0.5) this.#readers.press(stream);
    if (used <= 1) return true;
    stream.isFull = true;
    const limit = all > maxUnreadBytes ? 'maxUnreadBytes' : 'maxStreamBytes';
    if (stream.port !== null) this.#journal.tripped(limit);
    return false;
  }
}
