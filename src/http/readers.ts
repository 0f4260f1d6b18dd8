import type { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import { formatEventId } from '../wire/eventId.ts';
import type { ResponsePort } from '../wire/port.ts';
import { primingFrame, retryFrame, STREAM_HEADERS } from '../wire/sse.ts';
import { canBePrimed } from '../wire/versions.ts';
import { STANDALONE, type Stream } from './stream.ts';
import type { StreamTimers } from './streamTimers.ts';
import { Takeovers } from './takeovers.ts';
import { UnreadAccount, type UnreadOwner } from './unread.ts';
import type { SharedLimit, UnreadBudget } from './unreadBudget.ts';

/** What the readers of a session's streams need of the session. */
export interface ReadersHost extends UnreadOwner {
  readonly protocolVersion: string | undefined;
  readonly journal: Journal;
  attachedChanged(attached: boolean): void;
}

/** What the readers of all sessions share. */
export interface ReadersShare {
  readonly services: Services;
  readonly timers: StreamTimers;
  /** What all sessions leave unread together. */
  readonly unread: UnreadBudget;
}

/** The ports that read the event streams of one session: one for each at a time (row G3). */
export class Readers {
  readonly #host: ReadersHost;
  readonly #services: Services;
  readonly #timers: StreamTimers;
  readonly #unread: UnreadAccount;
  /** Made when a port is first taken over: most sessions never see that. */
  #takeovers: Takeovers | null = null;
  /** What the last event has filled past half of `maxStreamBytes`: a port, or a stream without one. */
  #pressed: { drained(): Promise<void> } | null = null;

  constructor(host: ReadersHost, { services, timers, unread }: ReadersShare) {
    this.#host = host;
    this.#services = services;
    this.#timers = timers;
    this.#unread = new UnreadAccount(services, unread, host);
  }

  /** Counts a response that is whole: its bytes are the session's account until they left. */
  sent(port: ResponsePort): void {
    this.#unread.add(port);
  }

  /** The client has read everything. */
  get isRead(): boolean {
    return this.#unread.isEmpty;
  }

  /** Counts what waits to go out. @returns the limit for which it can not all wait */
  waits(bytes: number): SharedLimit | undefined {
    return this.#unread.waits(bytes);
  }

  /** The session is over: nobody is left to read for. */
  end(): void {
    this.#unread.end();
  }

  /** Whether a newer port may have a stream: the GET stream is not taken over again and again. */
  mayRead(stream: Stream): boolean {
    if (stream.number !== STANDALONE || !stream.isLive) return true;
    const { clock, limits } = this.#services;
    this.#takeovers ??= new Takeovers();
    if (this.#takeovers.allows(clock.now(), limits)) return true;
    this.#host.journal.tripped('maxTakeovers');
    return false;
  }

  /**
   * Gives a stream its port. The port before is ended first: an event never has two copies.
   *
   * @param seen the sequence to prime the client with: before the first event that is still to come
   */
  carry(stream: Stream, port: ResponsePort, headers: readonly string[], seen: number): void {
    // In a takeover the client is there all the while. Had it counted as gone in between, a
    // sleeping session would leave this process.
    const isTakenOver = this.#release(stream);
    // The GET stream can be older than the handshake, which says what the client understands.
    stream.primed = canBePrimed(this.#host.protocolVersion);
    stream.port = port;
    this.#unread.open(port);
    const { limits } = this.#services;
    const place = formatEventId(this.#host.key, stream.number, seen);
    const first = stream.primed ? primingFrame(place, limits.sseRetryMs) : ': open\n\n';
    const begin = (): void => {
      port.open([...STREAM_HEADERS, ...headers]);
      port.write(first);
      this.#unread.wrote(port);
      // Not before: a comment on a response without a head is its head.
      this.#timers.keepAlive.arm(port);
    };
    // A client with a head and no id waits for what never comes, should this process die now.
    if (stream.held !== null) stream.begin = begin;
    else begin();
    this.#services.counters.streams++;
    if (stream.number === STANDALONE && !isTakenOver) this.#host.attachedChanged(true);
    port.whenGone(() => {
      if (stream.port === port) this.hangUp(stream);
    });
  }

  /** Ends the response of a stream, where it has one. */
  hangUp(stream: Stream): void {
    if (this.#release(stream) && stream.number === STANDALONE) this.#host.attachedChanged(false);
  }

  /**
   * Ends the response of a stream whose client is to come back for the rest. Clients that do not
   * understand priming take an end for the last word; a line that breaks they come back from, or
   * tell their user of.
   */
  interrupt(stream: Stream): void {
    if (!stream.primed) stream.port?.cut();
    this.hangUp(stream);
  }

  /**
   * Ends the response of the GET stream because its process leaves: the client is to open the stream
   * anew. Clients that do not understand priming take an end for the last word; a line that breaks
   * they open again.
   */
  depart(stream: Stream): void {
    const { port } = stream;
    // A client that has left may not have been noticed yet.
    if (stream.primed && port?.gone === false) {
      port.write(retryFrame(this.#services.limits.sseRetryMs));
    } else port?.cut();
    this.#release(stream);
    this.#unread.end();
  }

  /** Takes the port of a stream away. @returns whether the stream had a port */
  #release(stream: Stream): boolean {
    const { port } = stream;
    if (port === null) return false;
    stream.port = null;
    this.#timers.keepAlive.disarm(port);
    if (!port.gone) {
      // A response that has not begun is answered all the same: the client waits for a head.
      if (stream.begin === null) port.end();
      else port.send(202, []);
      // Ended is not read: the bytes stay on the session's account.
      this.#unread.add(port);
    }
    stream.begin = null;
    this.#services.counters.streams--;
    return true;
  }

  /**
   * Writes an event to the port of a stream. Returns `false` where no client reads the stream; a
   * client that left too much unread is cut.
   */
  put(stream: Stream, frame: string): boolean {
    const { port } = stream;
    if (port === null || port.gone) return false;
    if (port.unread > this.#services.limits.maxStreamBytes) {
      this.#host.journal.tripped('maxStreamBytes');
      port.cut();
      this.hangUp(stream);
      return false;
    }
    port.write(frame);
    this.#unread.wrote(port);
    if (port.unread > this.#services.limits.maxStreamBytes / 2) this.#pressed = port;
    return true;
  }

  /** Writes what a client that came back has missed. @param reached told of each event */
  replay<E extends { readonly frame: string }>(
    stream: Stream,
    entries: readonly E[],
    reached?: (entry: E) => void,
  ): void {
    for (const entry of entries) {
      if (!stream.isLive) return;
      // A replay never cuts its reader for being behind: the log is bounded, and a client with much
      // to catch up on would never get to its end.
      stream.port?.write(entry.frame);
      reached?.(entry);
    }
    if (stream.port !== null) this.#unread.wrote(stream.port);
  }

  /** Has a handler that awaits its next event wait until those of a stream that wait are out. */
  press(stream: Stream): void {
    this.#pressed = stream;
  }

  /** Resolves when the client just written to has room; `undefined` where it has room now. */
  drained(): Promise<void> | undefined {
    const port = this.#pressed;
    this.#pressed = null;
    return port?.drained();
  }
}
