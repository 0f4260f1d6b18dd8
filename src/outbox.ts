import type { DeadlineQueue } from './deadlines.ts';
import type { Outlet } from './exchange.ts';
import { type ReplayBounds, type ReplayEntry, ReplayLog } from './replay.ts';
import { STANDALONE, Stream } from './stream.ts';
import type { Journal } from './journal.ts';
import type { Limits } from './options.ts';
import { type EventPlace, formatEventId } from './wire/eventId.ts';
import type { ResponsePort } from './wire/port.ts';
import { messageFrame, primingFrame, STREAM_HEADERS } from './wire/sse.ts';
import { canBePrimed } from './wire/versions.ts';

/** What became of a stream somebody came back for. */
export type Resumption = 'resumed' | 'over' | 'unknown';

/** What an outbox needs of its session. */
export interface OutboxHost {
  readonly key: string;
  readonly protocolVersion: string | undefined;
  readonly limits: Limits;
  readonly keepAlive: DeadlineQueue<ResponsePort>;
  readonly replayAge: DeadlineQueue<Outbox>;
  now(): number;
  readonly journal: Journal;
  streamsChanged(delta: 1 | -1): void;
  attachedChanged(attached: boolean): void;
}

/**
 * The event streams of one session and what can be resumed of them. Each message goes out on one
 * stream only (rows G2, P9), and each stream has one port at a time (row G3).
 */
export class Outbox implements Outlet {
  readonly #host: OutboxHost;
  readonly #streams = new Map<number, Stream>();
  readonly #log: ReplayLog;
  /** Streams whose request was cancelled: who comes back for one is told that nothing will come. */
  readonly #cancelled = new Set<number>();
  #count = STANDALONE;
  #closed = false;
  /** The port that was just written to past half of what it may hold. */
  #pressed: ResponsePort | null = null;

  constructor(host: OutboxHost) {
    this.#host = host;
    this.#log = new ReplayLog(host.limits, (entry, bound) => this.#dropped(entry, bound));
  }

  /** A GET stream is open. */
  get isReachable(): boolean {
    return this.#streams.get(STANDALONE)?.isLive ?? false;
  }

  /** Streams that somebody reads. */
  get live(): number {
    let count = 0;
    for (const stream of this.#streams.values()) if (stream.isLive) count++;
    return count;
  }

  /** Turns the response of a POST into a stream (rows P6, P12). */
  open(port: ResponsePort, headers: readonly string[]): Stream {
    const stream = new Stream(++this.#count, canBePrimed(this.#host.protocolVersion));
    this.#streams.set(stream.number, stream);
    this.#carry(stream, port, headers, 0);
    return stream;
  }

  /** Opens the GET stream, or takes it over from a half-dead one (rows G1, G3). */
  attach(port: ResponsePort): void {
    this.#log.expire(this.#host.now());
    const stream = this.#standalone();
    const waiting = this.#log.after(STANDALONE, 0).filter((entry) => entry.undelivered);
    this.#carry(stream, port, [], (waiting[0]?.sequence ?? stream.sequence + 1) - 1);
    this.#replay(stream, waiting);
  }

  /** Goes on with a stream after the event a client saw last (row R2). */
  resume(place: EventPlace, port: ResponsePort): Resumption {
    if (this.#cancelled.has(place.stream)) return 'over';
    this.#log.expire(this.#host.now());
    const stream = this.#streams.get(place.stream);
    if (stream === undefined || place.sequence > stream.sequence) return 'unknown';
    // A gap can not be filled: better a clear refusal than a silent loss.
    if (place.sequence < stream.dropped) return 'unknown';
    this.#carry(stream, port, [], place.sequence);
    this.#replay(stream, this.#log.after(stream.number, place.sequence));
    if (stream.done) this.#hangUp(stream);
    return 'resumed';
  }

  /** Says something on a stream; `last` ends it. `false`: nobody will ever read it. */
  write(stream: Stream, json: string, last = false): boolean {
    if (this.#closed) return false;
    const id = formatEventId(this.#host.key, stream.number, ++stream.sequence);
    const frame = messageFrame(json, id);
    const written = this.#put(stream, frame);
    if (written) stream.resumable = true;
    if (last) stream.done = true;
    if (stream.resumable) this.#keep(stream, frame, !written);
    else if (last) this.#streams.delete(stream.number);
    if (last) this.#hangUp(stream);
    return stream.resumable;
  }

  /** Says something that belongs to no request, now or when a GET stream opens. */
  tell(json: string): boolean {
    return this.write(this.#standalone(), json);
  }

  /** Ends a stream for good; a cancelled one is not resumed (row C1). */
  finish(stream: Stream): void {
    stream.done = true;
    this.#log.forget(stream.number);
    this.#hangUp(stream);
    this.#streams.delete(stream.number);
    this.#cancelled.add(stream.number);
    if (this.#cancelled.size <= this.#host.limits.maxReplayEvents) return;
    for (const oldest of this.#cancelled) {
      this.#cancelled.delete(oldest);
      return;
    }
  }

  /** Ends the response and leaves the stream to be resumed (row P12). */
  drop(stream: Stream): void {
    if (stream.primed) this.#hangUp(stream);
  }

  /** Ends the GET stream's response; it can be opened or resumed again. */
  dropStandalone(): void {
    const stream = this.#streams.get(STANDALONE);
    if (stream !== undefined) this.#hangUp(stream);
  }

  drained(): Promise<void> | undefined {
    const port = this.#pressed;
    this.#pressed = null;
    return port?.drained();
  }

  retire(): void {
    this.dropStandalone();
  }

  /** Forgets what is too old to resume. */
  expire(): void {
    this.#log.expire(this.#host.now());
    if (this.#log.size > 0) this.#host.replayAge.arm(this);
  }

  /** Ends every stream. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) this.#hangUp(stream);
    this.#streams.clear();
    this.#host.replayAge.disarm(this);
  }

  #standalone(): Stream {
    let stream = this.#streams.get(STANDALONE);
    if (stream === undefined) {
      stream = new Stream(STANDALONE, canBePrimed(this.#host.protocolVersion));
      this.#streams.set(STANDALONE, stream);
    }
    return stream;
  }

  /**
   * Gives a stream its port. The one before it is ended first: never two copies.
   *
   * @param seen the place to be primed with: before the first event that is still to come
   */
  #carry(stream: Stream, port: ResponsePort, headers: readonly string[], seen: number): void {
    this.#hangUp(stream);
    // The GET stream can be older than the handshake, which says what its client understands.
    stream.primed = canBePrimed(this.#host.protocolVersion);
    stream.port = port;
    port.open([...STREAM_HEADERS, ...headers]);
    const { key, limits, keepAlive } = this.#host;
    const place = formatEventId(key, stream.number, seen);
    port.write(stream.primed ? primingFrame(place, limits.retryMs) : ': open\n\n');
    keepAlive.arm(port);
    this.#host.streamsChanged(1);
    if (stream.number === STANDALONE) this.#host.attachedChanged(true);
    port.whenGone(() => this.#left(stream, port));
  }

  #left(stream: Stream, port: ResponsePort): void {
    if (stream.port !== port) return;
    this.#hangUp(stream);
  }

  /** Ends a stream's response, if it has one. */
  #hangUp(stream: Stream): void {
    const { port } = stream;
    if (port === null) return;
    stream.port = null;
    this.#host.keepAlive.disarm(port);
    if (!port.gone) port.end();
    this.#host.streamsChanged(-1);
    if (stream.number === STANDALONE) this.#host.attachedChanged(false);
  }

  #put(stream: Stream, frame: string): boolean {
    const { port } = stream;
    if (port === null || port.gone) return false;
    if (port.unread > this.#host.limits.maxStreamBytes) {
      this.#host.journal.tripped('maxStreamBytes');
      port.cut();
      this.#hangUp(stream);
      return false;
    }
    port.write(frame);
    if (port.unread > this.#host.limits.maxStreamBytes / 2) this.#pressed = port;
    return true;
  }

  #keep(stream: Stream, frame: string, undelivered: boolean): void {
    const { number, sequence } = stream;
    this.#log.push({ stream: number, sequence, frame, at: this.#host.now(), undelivered });
    if (this.#log.size === 1) this.#host.replayAge.arm(this);
  }

  #replay(stream: Stream, entries: readonly ReplayEntry[]): void {
    for (const entry of entries) {
      if (!stream.isLive) return;
      // Never cut for being behind: the log is bounded, and whoever has much to catch up never would.
      stream.port?.write(entry.frame);
      entry.undelivered = false;
    }
  }

  #dropped(entry: ReplayEntry, bound: keyof ReplayBounds): void {
    if (entry.undelivered) this.#host.journal.tripped(bound);
    const stream = this.#streams.get(entry.stream);
    if (stream === undefined) return;
    stream.dropped = entry.sequence;
    // Entries leave in order, so the last one of a finished stream is the end of it.
    if (stream.done && entry.sequence === stream.sequence) this.#streams.delete(entry.stream);
  }
}
