import type { Journal } from '../events/journal.ts';
import type { Limits } from '../base/limits.ts';
import type { Readers } from './readers.ts';
import type { Stream } from './stream.ts';

/**
 * Bounds the events of one session that wait to go out: until the row of their stream is stored, or
 * their numbers are. They count as unread, of the session, of its principal and of all.
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

  /**
   * Whether an event has room. Once half is taken, a handler that awaits the event waits as well. The
   * last one of a stream has its room: it is the size that its handler made it.
   */
  admits(stream: Stream, bytes: number, last: boolean): boolean {
    if (stream.isFull) return false;
    const { maxStreamBytes, maxUnreadBytes } = this.#limits;
    // With this event: beyond the limit, what goes out in the end would be cut as unread.
    const all = this.#bytes + bytes;
    const met = this.#readers.waits(all);
    if (last) return true;
    const used = Math.max(stream.pendingBytes / maxStreamBytes, all / maxUnreadBytes);
    if (used > 0.5) this.#readers.press(stream);
    if (used <= 1 && met === undefined) return true;
    stream.isFull = true;
    this.changed();
    const own = all > maxUnreadBytes ? 'maxUnreadBytes' : 'maxStreamBytes';
    if (stream.port !== null) this.#journal.tripped(used > 1 ? own : met!);
    return false;
  }

  /** Some events have gone out, or never will. */
  changed(): void {
    this.#readers.waits(this.#bytes);
  }

  get #bytes(): number {
    let all = 0;
    for (const { pendingBytes } of this.#streams.values()) all += pendingBytes;
    return all;
  }
}
