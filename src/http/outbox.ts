import type { EndReason } from '../../machines/session.ts';
import { BoundedMap } from '../base/boundedMap.ts';
import { both } from '../base/within.ts';
import type { Outlet, OutletPlace } from '../session/exchange.ts';
import { type EventPlace, formatEventId } from '../wire/eventId.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import { refusalBody } from '../wire/refusals.ts';
import { messageFrame } from '../wire/sse.ts';
import { canBePrimed } from '../wire/versions.ts';
import { EventLog } from './eventLog.ts';
import { Readers } from './readers.ts';
import { Numbers } from './numbers.ts';
import type { OutboxHost, OutboxShare } from './outboxHost.ts';
import type { Recall } from './recall.ts';
import { type ReplayBound, type ReplayEntry, ReplayLog } from './replay.ts';
import { restoreStreams } from './restoreStreams.ts';
import { STANDALONE, Stream } from './stream.ts';
import { rowsOf, type StreamRows } from './streamRows.ts';
import { WaitingRoom } from './waitingRoom.ts';

/** What became of a stream that a client wants to read, from its beginning or from where it was. */
export type Resumption = 'resumed' | 'over' | 'unknown' | 'taken';

/**
 * The event streams of one session, and the events that can be resumed. Each message goes out on
 * one stream only (rows G2, P9), and each stream has one port at a time (row G3).
 */
export class Outbox implements Outlet {
  readonly #host: OutboxHost;
  readonly #share: OutboxShare;
  readonly #readers: Readers;
  readonly #streams = new Map<number, Stream>();
  readonly #waiting: WaitingRoom;
  readonly #log: ReplayLog;
  /** Streams of cancelled requests: a client that resumes one is told that nothing will come. */
  readonly #cancelled: BoundedMap<number, true>;
  readonly #events: EventLog | null;
  /** Numbers that no other process uses, where another one may go on with the session. */
  readonly #numbers: Numbers | null;
  #count = STANDALONE;
  #rows: StreamRows | null;
  #closed = false;

  constructor(host: OutboxHost, share: OutboxShare) {
    const { eventStore, replay, services } = share;
    const { limits } = services;
    this.#host = host;
    this.#share = share;
    this.#readers = new Readers(host, share);
    this.#waiting = new WaitingRoom(this.#streams, this.#readers, host.journal, limits);
    this.#log = new ReplayLog(host.principal, limits, replay, (entry, bound) => {
      this.#dropped(entry, bound);
    });
    this.#rows = rowsOf(host.persistence);
    this.#numbers = host.persistence === null ? null : new Numbers(host.persistence);
    this.#events = eventStore === undefined ? null : new EventLog(eventStore, host, share);
    this.#cancelled = new BoundedMap(limits.maxReplayEvents);
  }

  /** The client has read all there is, and all that can be resumed is in a durable store. */
  get isFree(): boolean {
    const isKept = this.#log.size === 0 || this.#host.persistence !== null;
    return isKept && this.live === 0 && this.#readers.isRead;
  }

  get sequence(): number {
    const said = this.#streams.get(STANDALONE)?.sequence ?? 0;
    return this.#numbers?.end ?? Math.max(said, this.#count);
  }

  /**
   * Goes on with the streams that an earlier actor of this session had. Requests whose handlers
   * died with their process get one error each.
   */
  restore({ sequence, rows }: OutletPlace): void {
    const standalone = this.#standalone();
    if (this.#numbers === null) {
      // In memory, numbers go on where they ended, and what could be resumed is gone.
      standalone.sequence = sequence;
      standalone.dropped = sequence;
      this.#count = sequence;
      return;
    }
    const numbers = this.#numbers;
    const baseOf = (known: number): number => numbers.goOn(Math.max(sequence, known));
    const behindMs = this.#host.persistence?.behindMs ?? 0;
    const { base, streams, entries, next } = restoreStreams(standalone, rows, behindMs, baseOf);
    this.#count = base;
    this.#rows = rowsOf(this.#host.persistence, next);
    for (const { stream } of streams) this.#streams.set(stream.number, stream);
    for (const entry of entries) this.#log.push(entry);
    for (const { stream, open } of streams) {
      // The store had more than the log keeps: this stream was dropped from the log on the way in.
      if (!this.#streams.has(stream.number)) continue;
      open.forEach((id, i) => {
        this.write(stream, refusalBody('session-restarted', id), i === open.length - 1);
      });
      stream.done = true;
      // The store has nothing of the stream but its beginning: there is nothing to come back for.
      if (open.length === 0 && this.#log.after(stream.number, 0).length === 0) this.#remove(stream);
    }
    if (this.#log.size > 0) this.#share.timers.replayAge.arm(this);
  }

  restow(): void {
    this.#rows?.restow(this.#streams.values(), this.#log);
  }

  /** A GET stream is open. */
  get isReachable(): boolean {
    return this.#streams.get(STANDALONE)?.isLive ?? false;
  }

  /** How many streams the client reads now. */
  get live(): number {
    return [...this.#streams.values()].filter(({ isLive }) => isLive).length;
  }

  /** Turns the response of a POST into a stream (rows P6, P12). */
  open(port: ResponsePort, headers: readonly string[], asks: readonly RequestId[]): Stream {
    // A number that no event id of this session has ever had in it.
    const stream = this.#begin(++this.#count, asks);
    if (this.#rows === null) {
      this.#readers.carry(stream, port, headers, 0);
      return stream;
    }
    const taken = this.#numbers?.take(stream.number);
    this.#rows.keep(stream);
    stream.held = both(taken, this.#rows.stored(stream));
    this.#readers.carry(stream, port, headers, 0);
    this.#host.later(stream.held, () => this.#unhold(stream));
    return stream;
  }

  /** Lets out a stream that waited for its row: from here on, any process can resume the stream. */
  #unhold(stream: Stream): void {
    if (stream.held === null) return;
    stream.held = null;
    if (stream.isLive) stream.begin?.();
    stream.begin = null;
    this.#flush(stream);
    if (stream.isToDrop) this.drop(stream);
  }

  /** Opens the GET stream, or takes it over from a half-dead port (rows G1, G3). */
  attach(port: ResponsePort): Resumption {
    this.#log.expire(this.#share.services.clock.now());
    const stream = this.#standalone();
    if (!this.#readers.mayRead(stream)) return 'taken';
    const waiting = this.#sayable(stream, 0).filter((entry) => entry.undelivered);
    this.#readers.carry(stream, port, [], (waiting[0]?.sequence ?? stream.next) - 1);
    this.#replay(stream, waiting);
    return 'resumed';
  }

  /** Resumes a stream after the last event that the client has seen (row R2). */
  resume(place: EventPlace, port: ResponsePort): Resumption | Promise<Resumption> {
    if (this.#cancelled.has(place.stream)) return 'over';
    this.#log.expire(this.#share.services.clock.now());
    const stream = this.#streams.get(place.stream);
    if (stream === undefined) return this.#recall(place, port);
    const seen = stream.behind(place.sequence);
    // No client has been given an id of a stream whose row is not stored.
    if (seen === undefined || stream.held !== null) return 'unknown';
    if (seen < stream.dropped) return this.#recall({ ...place, sequence: seen }, port);
    if (stream.isOver(seen)) return 'over';
    if (!this.#readers.mayRead(stream)) return 'taken';
    this.#readers.carry(stream, port, [], seen);
    this.#replay(stream, this.#sayable(stream, seen));
    return 'resumed';
  }

  /** Resumes a stream with events that only an event store still has, where there is one. */
  async #recall(place: EventPlace, port: ResponsePort): Promise<Resumption> {
    const retold = this.#events?.recall(place, (recall) => this.#retell(place, port, recall));
    return (await retold) ?? 'unknown';
  }

  #retell(place: EventPlace, port: ResponsePort, recall: Recall): Resumption {
    if (this.#closed) return 'unknown';
    // Who has left meanwhile takes no stream from anybody.
    if (port.gone) return 'resumed';
    const stream = this.#streams.get(place.stream) ?? Stream.over(place.stream, recall.last);
    // A gap can not be filled: better a clear refusal than a silent loss.
    if (recall.hasGap(place.sequence, stream.dropped)) return 'unknown';
    if (stream.isOver(place.sequence)) return 'over';
    if (!this.#readers.mayRead(stream)) return 'taken';
    this.#readers.carry(stream, port, [], place.sequence);
    this.#readers.replay(stream, recall.until(stream.dropped));
    const seen = Math.max(place.sequence, stream.dropped);
    if (recall.isWhole) this.#replay(stream, this.#sayable(stream, seen));
    // The client comes back for the rest, behind the last event it was given.
    else this.#readers.interrupt(stream);
    return 'resumed';
  }

  /** Says a message on a stream; `last` ends the stream. `false`: no client will ever read it. */
  write(stream: Stream, json: string, last = false): boolean {
    if (this.#closed) return false;
    const sequence = ++stream.sequence;
    const taken = this.#numbers?.take(sequence);
    const frame = messageFrame(json, formatEventId(this.#host.key, stream.number, sequence));
    this.#events?.said(stream.number, sequence, json);
    // An event too large for the log is not stored: there is no row to wait for.
    const isStored = this.#rows !== null && (this.#log.fits(frame) || stream.held !== null);
    const isInLine = taken !== undefined || stream.pending !== null;
    if (isInLine || (isStored && stream.number !== STANDALONE)) {
      this.#say(stream, frame, last, taken);
      return true;
    }
    const written = this.#readers.put(stream, frame);
    if (written) stream.resumable = true;
    if (last) stream.done = true;
    if (stream.resumable) this.#keep(stream, frame, !written, last);
    else if (last) this.#remove(stream);
    if (last) this.#readers.hangUp(stream);
    return stream.resumable;
  }

  /**
   * Says an event in line with others of its stream, which are stored. The last event of a stream
   * goes out when it is stored, so that a client which missed it finds it whatever happens to the
   * process; other events go out as soon as their numbers are theirs alone.
   */
  #say(stream: Stream, frame: string, last: boolean, taken: Promise<void> | undefined): void {
    stream.resumable = true;
    if (last) stream.done = true;
    const entry = this.#keep(stream, frame, true, last);
    const first = last ? both(taken, this.#rows?.stored(entry)) : taken;
    const { held, pending } = stream;
    if (held === null && pending === null && first === undefined) return this.#send(stream, entry);
    if (!this.#waiting.admits(stream, frame.length, last)) return this.#flush(stream);
    // Many events wait for the same block of numbers.
    const isAwaited = pending?.at(-1)?.first === first;
    stream.push(entry, first);
    if (first === undefined || isAwaited) return;
    this.#host.later(first, () => {
      stream.ready(first);
      this.#flush(stream);
    });
  }

  #send(stream: Stream, entry: ReplayEntry): void {
    if (this.#readers.put(stream, entry.frame)) this.#reached(stream, entry);
  }

  /** Sends the events of a stream that may go out, and hangs up after the last. */
  #flush(stream: Stream): void {
    const entries = stream.flush();
    this.#waiting.changed();
    for (const entry of entries) this.#send(stream, entry);
    if (stream.isFull && stream.held === null && stream.pending === null) {
      stream.isFull = false;
      this.#readers.interrupt(stream);
    }
    if (!stream.isOut) return;
    this.#readers.hangUp(stream);
    if (stream.dropped >= stream.sequence) this.#remove(stream, entries.at(-1));
  }

  /** Says a message that belongs to no request, now or when a GET stream opens. */
  tell(json: string): boolean {
    return this.write(this.#standalone(), json);
  }

  /** Ends a stream whose request was cancelled: the stream can not be resumed (row C1). */
  finish(stream: Stream): void {
    stream.forget();
    this.#waiting.changed();
    this.#readers.hangUp(stream);
    this.#remove(stream);
    for (const entry of this.#log.forget(stream.number)) this.#rows?.forget(entry);
    this.#cancelled.set(stream.number, true);
  }

  /** Ends a stream's response and leaves the stream to be resumed (row P12). */
  drop(stream: Stream): void {
    if (stream.held !== null) stream.isToDrop = true;
    else if (stream.primed) this.#readers.hangUp(stream);
  }

  /** Counts a whole answer written to a port. */
  sent(port: ResponsePort): void {
    this.#readers.sent(port);
  }

  drained(): Promise<void> | undefined {
    return this.#readers.drained();
  }

  /** Ends the GET stream's response; the client can open or resume the stream again. */
  retire(reason?: EndReason): void {
    const stream = reason === 'drained' ? undefined : this.#streams.get(STANDALONE);
    if (stream !== undefined) this.#readers.hangUp(stream);
  }

  /** Forgets the events that are too old to resume. */
  expire(): void {
    this.#log.expire(this.#share.services.clock.now());
    if (this.#log.size > 0) this.#share.timers.replayAge.arm(this);
    else this.#host.passivate();
  }

  /**
   * Ends every stream. In a drain the GET stream stays open until the end of the drain: a client that
   * came back before would be refused, and give up.
   */
  close(reason?: EndReason): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) {
      // Clients that wait for a held stream are answered now: there is no later.
      this.#unhold(stream);
      stream.release();
      this.#flush(stream);
      if (reason === 'drained' && stream.number === STANDALONE && stream.isLive) {
        this.#share.departures.add(() => this.#readers.depart(stream));
      } else this.#readers.hangUp(stream);
    }
    this.#streams.clear();
    this.#log.close();
    this.#share.timers.replayAge.disarm(this);
    // A session that goes on as a record still has its client.
    if (reason !== undefined) this.#readers.end();
  }

  #standalone(): Stream {
    return this.#streams.get(STANDALONE) ?? this.#begin(STANDALONE);
  }

  #begin(number: number, asks?: readonly RequestId[]): Stream {
    const stream = new Stream(number, canBePrimed(this.#host.protocolVersion), asks);
    this.#streams.set(number, stream);
    return stream;
  }

  #keep(stream: Stream, frame: string, undelivered: boolean, last: boolean): ReplayEntry {
    const { number, sequence } = stream;
    const at = this.#share.services.clock.now();
    const entry: ReplayEntry = { stream: number, sequence, frame, at, undelivered };
    if (this.#log.fits(frame)) this.#rows?.said(entry, last);
    this.#log.push(entry);
    if (this.#log.size === 1) this.#share.timers.replayAge.arm(this);
    return entry;
  }

  /** What was said on a stream behind a number, and may go out: the rest waits in line. */
  #sayable(stream: Stream, seen: number): ReplayEntry[] {
    const { next } = stream;
    return this.#log.after(stream.number, seen).filter(({ sequence }) => sequence < next);
  }

  /** Sends what a client that came back has missed, then what waits in line. */
  #replay(stream: Stream, entries: readonly ReplayEntry[]): void {
    this.#readers.replay(stream, entries, (entry) => this.#reached(stream, entry));
    this.#flush(stream);
  }

  /** An event was written to a client. */
  #reached(stream: Stream, entry: ReplayEntry): void {
    if (!entry.undelivered) return;
    entry.undelivered = false;
    if (stream.number === STANDALONE) this.#rows?.again(entry);
  }

  #dropped(entry: ReplayEntry, bound: ReplayBound): void {
    if (entry.undelivered) this.#host.journal.tripped(bound);
    const stream = this.#streams.get(entry.stream);
    if (stream === undefined) return this.#rows?.forget(entry);
    stream.dropped = entry.sequence;
    // Entries leave in order, so the last one of a finished stream is the end of it.
    const isEnd = stream.done && entry.sequence === stream.sequence;
    // One that waits for its row goes out, and is forgotten, when the store has the row.
    if (isEnd) return stream.isOut ? this.#remove(stream, entry) : undefined;
    // Another process would not know of the gap.
    this.#rows?.keep(stream);
    this.#rows?.forget(entry);
  }

  /** @param last the end of the stream, where the log has it no more */
  #remove(stream: Stream, last?: ReplayEntry): void {
    this.#rows?.erase(stream.row);
    if (last !== undefined) this.#rows?.forget(last);
    this.#streams.delete(stream.number);
  }
}
