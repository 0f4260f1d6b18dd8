import type { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import { formatEventId } from '../wire/eventId.ts';
import type { ResponsePort } from '../wire/port.ts';
import { primingFrame, STREAM_HEADERS } from '../wire/sse.ts';
import { canBePrimed } from '../wire/versions.ts';
import { STANDALONE, type Stream } from './stream.ts';
import type { StreamTimers } from './streamTimers.ts';
import { UnreadAccount, type UnreadBudget } from './unread.ts';

/** What the readers of a session's streams need of the session. */
export interface ReadersHost {
  readonly key: string;
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
  /** The port that the last write has filled past half of `maxStreamBytes`. */
  #pressed: ResponsePort | null = null;

  constructor(host: ReadersHost, { services, timers, unread }: ReadersShare) {
    this.#host = host;
    this.#services = services;
    this.#timers = timers;
    this.#unread = new UnreadAccount(services, unread, timers, host.key);
  }

  /** Counts a response that is whole: its bytes are the session's account until they left. */
  sent(port: ResponsePort): void {
    this.#unread.add(port);
  }

  /** Counts what was written to a live stream. */
  wrote(port: ResponsePort): void {
    this.#unread.wrote(port);
  }

  /** The session is over: nobody is left to read for. */
  end(): void {
    this.#unread.end();
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
    const { limits } = this.#services;
    const place = formatEventId(this.#host.key, stream.number, seen);
    const first = stream.primed ? primingFrame(place, limits.sseRetryMs) : ': open\n\n';
    const begin = (): void => {
      port.open([...STREAM_HEADERS, ...headers]);
      port.write(first);
      // Not before: a comment on a response without a head is its head.
      this.#timers.keepAlive.arm(port);
    };
    // A client with a head and no id waits for what never comes, should this process die now.
    if (stream.isHeld) stream.begin = begin;
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

  /** Resolves when the client just written to has room; `undefined` where it has room now. */
  drained(): Promise<void> | undefined {
    const port = this.#pressed;
    this.#pressed = null;
    return port?.drained();
  }
}
