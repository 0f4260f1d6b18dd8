import type { ReplayEntry } from './replay.ts';
import type { RowStream } from './streamRows.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { Row } from '../store/writer.ts';
import type { ResponsePort } from '../wire/port.ts';

/** The number of the stream that a GET carries; streams of POSTs count from 1. */
export const STANDALONE = 0;

/** An event that waits to go out. */
export interface Pending {
  readonly entry: ReplayEntry;
  readonly first: Promise<unknown> | undefined;
  isReady: boolean;
}

const NONE: readonly RequestId[] = [];
const NOTHING: readonly ReplayEntry[] = [];

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
  /** The stream's row in a durable store. */
  row: Row | undefined;
  /**
   * Resolves when the stream's row is stored. No event goes out before: no client could resume the
   * stream yet. `null` where the stream does not wait.
   */
  held: Promise<unknown> | null = null;
  /** Begins the response of a held stream, as soon as it may go out. */
  begin: (() => void) | null = null;
  /** The response of a held stream ends as soon as it may begin. */
  isToDrop = false;
  /** Events that wait to go out, in order. */
  pending: Pending[] | null = null;
  /** Length of the events that wait to go out. */
  pendingBytes = 0;
  /** An event found no room to wait: the response ends behind those that did, to be resumed. */
  isFull = false;
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

  /** Everything was said, and went out as far as there was a client. */
  get isOut(): boolean {
    return this.done && this.held === null && this.pending === null;
  }

  /** Resolves when events that wait may go out. */
  async drained(): Promise<void> {
    await (this.held ?? this.pending?.[0]?.first);
  }

  /**
   * Adds an event that waits to go out.
   *
   * @param first what must come first; `undefined` where nothing must
   */
  push(entry: ReplayEntry, first: Promise<unknown> | undefined): void {
    this.pending ??= [];
    this.pending.push({ entry, first, isReady: first === undefined });
    this.pendingBytes += entry.frame.length;
  }

  /** What had to come first has come. */
  ready(first: Promise<unknown>): void {
    for (const each of this.pending ?? []) if (each.first === first) each.isReady = true;
  }

  /** Lets every waiting event go, stored or not: there is no later. */
  release(): void {
    for (const each of this.pending ?? []) each.isReady = true;
  }

  /** Gives the events that may go out, in order: they wait no longer. */
  flush(): readonly ReplayEntry[] {
    if (this.held !== null || this.pending === null) return NOTHING;
    const waits = this.pending.findIndex(({ isReady }) => !isReady);
    const ready = waits === -1 ? this.pending : this.pending.slice(0, waits);
    this.pending = waits === -1 ? null : this.pending.slice(waits);
    for (const { entry } of ready) this.pendingBytes -= entry.frame.length;
    return ready.map(({ entry }) => entry);
  }

  /** Nobody will read the stream any more. */
  forget(): void {
    this.done = true;
    this.pending = null;
    this.pendingBytes = 0;
  }
}
