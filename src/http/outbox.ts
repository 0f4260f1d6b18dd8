import type { Outlet } from '../session/exchange.ts';
import { type ReplayBounds, type ReplayEntry, ReplayLog } from './replay.ts';
import { STANDALONE, Stream, STREAMS_PER_EPOCH } from './stream.ts';
import { type EventPlace, formatEventId } from '../wire/eventId.ts';
import type { Rows } from '../store/record.ts';

import { RecentSet } from '../base/recentSet.ts';
import { after } from '../base/after.ts';
import type { EventLog } from './eventLog.ts';
import { restoreStreams } from './restoreStreams.ts';
import type { StreamRows } from './streamRows.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import { refusalBody } from '../wire/refusals.ts';
import { messageFrame, primingFrame, STREAM_HEADERS } from '../wire/sse.ts';
import { canBePrimed } from '../wire/versions.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Journal } from '../events/journal.ts';
import type { Limits } from '../base/limits.ts';

/** What an outbox needs of its session. */
export interface OutboxHost {
  readonly key: string;
  readonly protocolVersion: string | undefined;
  readonly limits: Limits;
  readonly keepAlive: DeadlineQueue<ResponsePort>;
  readonly replayAge: DeadlineQueue<Outbox>;
  now(): number;
  /** Which incarnation it is in: numbers of streams are its own. */
  readonly epoch: number;
  /** Rows of a durable store, where there is one. */
  keepRows(next: number): StreamRows | null;
  /** An event store beside the session's own log. */
  readonly events: EventLog | null;
  /** Nothing can be resumed any more. */
  rested(): void;
  readonly journal: Journal;
  streamsChanged(delta: 1 | -1): void;
  attachedChanged(attached: boolean): void;
}

/** What became of a stream somebody came back for. */
export type Resumption = 'resumed' | 'over' | 'unknown';

/**
 * The event streams of one session and what can be resumed of them. Each message goes out on one
 * stream only (rows G2, P9), and each stream has one port at a time (row G3).
 */
export class Outbox implements Outlet {
  readonly #host: OutboxHost;
  readonly #streams = new Map<number, Stream>();
  readonly #log: ReplayLog;
  /** Streams whose request was cancelled: who comes back for one is told that nothing will come. */
  readonly #cancelled: RecentSet;
  readonly #events: EventLog | null;
  #count = STANDALONE;
  #rows: StreamRows | null;
  #closed = false;
  /** The port that was just written to past half of what it may hold. */
  #pressed: ResponsePort | null = null;

  constructor(host: OutboxHost) {
    this.#host = host;
    this.#log = new ReplayLog(host.limits, (entry, bound) => this.#dropped(entry, bound));
    this.#rows = host.keepRows(1);
    this.#events = host.events;
    this.#cancelled = new RecentSet(host.limits.maxReplayEvents);
  }

  /** Nothing is read and nothing can be resumed: all there is to know is where the GET stream was. */
  get isEmpty(): boolean {
    return this.live === 0 && this.#log.size === 0;
  }

  /** All that can be resumed is in a durable store. */
  get isStored(): boolean {
    return this.#rows?.isWhole === true;
  }

  /** Of the last event of the GET stream. */
  get standalone(): number {
    return this.#streams.get(STANDALONE)?.sequence ?? 0;
  }

  /**
   * Goes on with the streams another actor of this session had. Requests whose handlers died with
   * their process get one error each.
   */
  restore(standalone: number, rows: Rows): void {
    const { streams, entries, next } = restoreStreams(this.#standalone(), standalone, rows);
    this.#rows = this.#host.keepRows(next);
    for (const { stream } of streams) {
      this.#streams.set(stream.number, stream);
      this.#count = Math.max(this.#count, stream.number);
    }
    for (const entry of entries) this.#log.push(entry);
    for (const { stream, open } of streams) {
      // Forgotten on the way in: more was stored than is kept.
      if (!this.#streams.has(stream.number)) continue;
      open.forEach((id, i) => {
        this.write(stream, refusalBody('session-restarted', id), i === open.length - 1);
      });
      stream.done = true;
    }
    if (this.#log.size > 0) this.#host.replayAge.arm(this);
  }

  /** A GET stream is open. */
  get isReachable(): boolean {
    return this.#streams.get(STANDALONE)?.isLive ?? false;
  }

  /** Streams that somebody reads. */
  get live(): number {
    return [...this.#streams.values()].filter(({ isLive }) => isLive).length;
  }

  /** Turns the response of a POST into a stream (rows P6, P12). */
  open(port: ResponsePort, headers: readonly string[], asks: readonly RequestId[]): Stream {
    // Numbers of one incarnation are never another's, also where the count was lost with a process.
    this.#count = Math.max(this.#count, (this.#host.epoch - 1) * STREAMS_PER_EPOCH) + 1;
    const stream = this.#begin(this.#count);
    if (this.#rows === null) {
      this.#carry(stream, port, headers, 0);
      return stream;
    }
    stream.isHeld = true;
    const { row, stored } = this.#rows.opened(stream.number, asks);
    stream.row = row;
    this.#carry(stream, port, headers, 0);
    void after(stored, () => this.#unhold(stream));
    return stream;
  }

  /** It can be resumed by whoever asks from here on: it may go out. */
  #unhold(stream: Stream): void {
    if (!stream.isHeld) return;
    stream.isHeld = false;
    if (stream.isLive) stream.begin?.();
    stream.begin = null;
    this.#flush(stream);
    if (stream.isToDrop) this.drop(stream);
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
  resume(place: EventPlace, port: ResponsePort): Resumption | Promise<Resumption> {
    if (this.#cancelled.has(place.stream)) return 'over';
    this.#log.expire(this.#host.now());
    const stream = this.#streams.get(place.stream);
    if (stream === undefined) return this.#recall(place, port);
    // What its last process said in its last moments may not have been stored.
    if (stream.isRestored) stream.sequence = Math.max(stream.sequence, place.sequence);
    if (place.sequence > stream.sequence) return 'unknown';
    if (place.sequence < stream.dropped) return this.#recall(place, port);
    stream.isHeld = false;
    stream.pending = null;
    this.#carry(stream, port, [], place.sequence);
    this.#replay(stream, this.#log.after(stream.number, place.sequence));
    if (stream.done) this.#hangUp(stream);
    return 'resumed';
  }

  /** The same of what only an event store still has, where there is one. */
  async #recall(place: EventPlace, port: ResponsePort): Promise<Resumption> {
    const events = await this.#events?.after(place);
    if (events === undefined || this.#closed) return 'unknown';
    const stream = this.#streams.get(place.stream) ?? Stream.over(place.stream, events.at(-1));
    // A gap can not be filled: better a clear refusal than a silent loss.
    if ((events.at(-1)?.sequence ?? place.sequence) < stream.dropped) return 'unknown';
    this.#carry(stream, port, [], place.sequence);
    for (const { sequence, frame } of events) if (sequence <= stream.dropped) port.write(frame);
    const rest = Math.max(place.sequence, stream.dropped);
    this.#replay(stream, this.#log.after(stream.number, rest));
    if (stream.done) this.#hangUp(stream);
    return 'resumed';
  }

  /** Says something on a stream; `last` ends it. `false`: nobody will ever read it. */
  write(stream: Stream, json: string, last = false): boolean {
    if (this.#closed) return false;
    const id = formatEventId(this.#host.key, stream.number, ++stream.sequence);
    const frame = messageFrame(json, id);
    this.#events?.said(stream.number, json);
    // What is too large to be kept has nothing to wait for.
    const waits = this.#rows !== null && (this.#fits(frame) || stream.isHeld);
    if (waits && stream.number !== STANDALONE) {
      this.#say(stream, frame, last);
      return true;
    }
    const written = this.#put(stream, frame);
    if (written) stream.resumable = true;
    if (last) stream.done = true;
    if (stream.resumable) this.#keep(stream, frame, !written, last);
    else if (last) this.#remove(stream);
    if (last) this.#hangUp(stream);
    return stream.resumable;
  }

  /**
   * The same where streams are stored. What is not the end of a stream goes out at once; the end
   * when it is stored, so that whoever missed it finds it whatever happens to the process.
   */
  #say(stream: Stream, frame: string, last: boolean): void {
    stream.resumable = true;
    if (last) stream.done = true;
    const { entry, stored } = this.#keep(stream, frame, true, last);
    stream.pending ??= [];
    const pending = { frame, entry, isReady: !last };
    stream.pending.push(pending);
    if (last) {
      void after(stored, () => {
        pending.isReady = true;
        this.#flush(stream);
      });
    } else this.#flush(stream);
  }

  /** Lets out what may go. */
  #flush(stream: Stream): void {
    if (stream.isHeld) return;
    const { pending } = stream;
    while (pending?.[0]?.isReady === true) {
      const { frame, entry } = pending.shift()!;
      if (this.#put(stream, frame)) entry.undelivered = false;
    }
    if (stream.done && (pending?.length ?? 0) === 0) this.#hangUp(stream);
  }

  /** Says something that belongs to no request, now or when a GET stream opens. */
  tell(json: string): boolean {
    return this.write(this.#standalone(), json);
  }

  /** Ends a stream for good; a cancelled one is not resumed (row C1). */
  finish(stream: Stream): void {
    stream.done = true;
    stream.pending = null;
    for (const { row } of this.#log.forget(stream.number)) this.#rows?.erase(row);
    this.#hangUp(stream);
    this.#remove(stream);
    this.#cancelled.add(stream.number);
  }

  /** Ends the response and leaves the stream to be resumed (row P12). */
  drop(stream: Stream): void {
    if (stream.isHeld) stream.isToDrop = true;
    else if (stream.primed) this.#hangUp(stream);
  }

  drained(): Promise<void> | undefined {
    const port = this.#pressed;
    this.#pressed = null;
    return port?.drained();
  }

  /** Ends the GET stream's response; it can be opened or resumed again. */
  retire(): void {
    const stream = this.#streams.get(STANDALONE);
    if (stream !== undefined) this.#hangUp(stream);
  }

  /** Forgets what is too old to resume. */
  expire(): void {
    this.#log.expire(this.#host.now());
    if (this.#log.size > 0) this.#host.replayAge.arm(this);
    else this.#host.rested();
  }

  /** Ends every stream. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) {
      // Who waits for it is told now: there is no later.
      this.#unhold(stream);
      for (const each of stream.pending ?? []) each.isReady = true;
      this.#flush(stream);
      this.#hangUp(stream);
    }
    this.#streams.clear();
    this.#host.replayAge.disarm(this);
  }

  #standalone(): Stream {
    return this.#streams.get(STANDALONE) ?? this.#begin(STANDALONE);
  }

  #begin(number: number): Stream {
    const stream = new Stream(number, canBePrimed(this.#host.protocolVersion));
    this.#streams.set(number, stream);
    return stream;
  }

  /**
   * Gives a stream its port. The one before it is ended first: never two copies.
   *
   * @param seen the place to be primed with: before the first event that is still to come
   */
  #carry(stream: Stream, port: ResponsePort, headers: readonly string[], seen: number): void {
    // Its client is there all the while: taken for gone in between, a sleeping session would leave.
    const isTakenOver = this.#release(stream);
    // The GET stream can be older than the handshake, which says what its client understands.
    stream.primed = canBePrimed(this.#host.protocolVersion);
    stream.port = port;
    const { key, limits } = this.#host;
    const place = formatEventId(key, stream.number, seen);
    const first = stream.primed ? primingFrame(place, limits.retryMs) : ': open\n\n';
    const begin = (): void => {
      port.open([...STREAM_HEADERS, ...headers]);
      port.write(first);
    };
    // A client that has a head and no id waits for what never comes, should this process die now.
    if (stream.isHeld) stream.begin = begin;
    else begin();
    this.#host.keepAlive.arm(port);
    this.#host.streamsChanged(1);
    if (stream.number === STANDALONE && !isTakenOver) this.#host.attachedChanged(true);
    port.whenGone(() => {
      if (stream.port === port) this.#hangUp(stream);
    });
  }

  /** Ends a stream's response, if it has one. */
  #hangUp(stream: Stream): void {
    if (this.#release(stream) && stream.number === STANDALONE) this.#host.attachedChanged(false);
  }

  /** Takes a stream's port from it. @returns whether it had one */
  #release(stream: Stream): boolean {
    const { port } = stream;
    if (port === null) return false;
    stream.port = null;
    this.#host.keepAlive.disarm(port);
    if (!port.gone) {
      // What has not begun is answered all the same: its client waits for a head.
      if (stream.begin === null) port.end();
      else port.send(202, []);
    }
    stream.begin = null;
    this.#host.streamsChanged(-1);
    return true;
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

  #keep(
    stream: Stream,
    frame: string,
    undelivered: boolean,
    last: boolean,
  ): { entry: ReplayEntry; stored: Promise<void> } {
    const { number, sequence } = stream;
    const entry = { stream: number, sequence, frame, at: this.#host.now(), undelivered };
    const rows = this.#fits(frame) ? this.#rows : null;
    const stored = rows?.said(entry, last) ?? Promise.resolve();
    this.#log.push(entry);
    if (this.#log.size === 1) this.#host.replayAge.arm(this);
    return { entry, stored };
  }

  readonly #fits = (frame: string): boolean => frame.length <= this.#host.limits.maxReplayBytes;

  #replay(stream: Stream, entries: readonly ReplayEntry[]): void {
    for (const entry of entries) {
      if (!stream.isLive) return;
      // Never cut for being behind: the log is bounded, and whoever has much to catch up never would.
      stream.port?.write(entry.frame);
      if (entry.undelivered && stream.number === STANDALONE) {
        entry.undelivered = false;
        this.#rows?.delivered(entry);
      }
      entry.undelivered = false;
    }
  }

  #dropped(entry: ReplayEntry, bound: keyof ReplayBounds): void {
    if (entry.undelivered) this.#host.journal.tripped(bound);
    this.#rows?.erase(entry.row);
    const stream = this.#streams.get(entry.stream);
    if (stream === undefined) return;
    stream.dropped = entry.sequence;
    // Entries leave in order, so the last one of a finished stream is the end of it.
    if (stream.done && entry.sequence === stream.sequence) this.#remove(stream);
  }

  #remove(stream: Stream): void {
    this.#rows?.erase(stream.row);
    this.#streams.delete(stream.number);
  }
}
