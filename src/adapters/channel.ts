import type { EndReason } from '../../machines/session.ts';
import type { Origin } from '../session/exchange.ts';
import type { Carrier } from '../events/events.ts';
import { SessionActor } from '../session/sessionActor.ts';
import type { Exchange, Extra, Outlet } from '../session/exchange.ts';
import { count } from '../events/counters.ts';
import type { Supervisor } from '../actor/supervisor.ts';
import type { NoPlace } from '../actor/actor.ts';
import { allowsBatch, isInitialize, type Parcel, readBody } from '../wire/body.ts';
import { isRequest, type RequestId } from '../wire/jsonrpc.ts';
import { refusalBody, type RefusalCode } from '../wire/refusals.ts';

/**
 * Why a channel is closed: the end of its session, what kept it from having one, or `too-slow`: the
 * peer left more than `maxUnreadBytes` unread.
 */
export type ChannelEnd = EndReason | NoPlace | 'too-slow';

/** The socket behind a channel, as an adapter gives it. */
export interface Wire {
  readonly carrier: Carrier;
  send(json: string): void;
  /** Says goodbye and closes. */
  end(reason: ChannelEnd): void;
  /** Bytes sent that the peer has not taken yet. */
  readonly unread: number;
  /** Resolves when the peer has taken what was sent, or is gone. */
  drained(): Promise<void>;
}

/**
 * One session on one duplex line: a WebSocket, a pair of pipes, an event stream with its POSTs.
 * Everything in either direction is on it, so there is no id on the wire and nothing to resume: the
 * session ends with the line, and the line with the session.
 */
export class Channel implements Outlet {
  readonly #supervisor: Supervisor<SessionActor>;
  readonly #wire: Wire;
  readonly #principal: string | undefined;
  readonly #extra: Extra;
  #session: SessionActor | null = null;
  #isOver = false;

  constructor(
    supervisor: Supervisor<SessionActor>,
    wire: Wire,
    origin: Pick<Origin, 'head' | 'authInfo'>,
    principal: string | undefined,
  ) {
    this.#supervisor = supervisor;
    this.#wire = wire;
    this.#principal = principal;
    this.#extra = extraOf(origin);
    supervisor.services.silent.arm(this);
  }

  get principal(): string | undefined {
    return this.#principal;
  }

  get carrier(): Carrier {
    return this.#wire.carrier;
  }

  /** The session, once the peer has initialized. */
  get session(): SessionActor | null {
    return this.#session;
  }

  get isReachable(): boolean {
    return !this.#isOver;
  }

  /** The peer waits for nothing. */
  get isQuiet(): boolean {
    return this.#session === null || this.#session.mailbox.references === 0;
  }

  /** One message of the peer, or one batch. */
  receive(text: string): void {
    if (this.#isOver) return;
    const parcel = readBody({ text }, this.#supervisor.services.settings);
    if (typeof parcel === 'string') this.#refuse(parcel);
    else this.take(parcel);
  }

  /** The same, read by the adapter. @param extra where each message has a head of its own */
  take(parcel: Parcel, extra: Extra = this.#extra): void {
    if (this.#isOver) return;
    if (this.#session === null) this.#begin(parcel, extra);
    else if (isInitialize(parcel)) this.#refuse('already-initialized', idOf(parcel));
    else if (parcel.isBatch && !this.#allowsBatch(parcel)) this.#refuse('batch-not-allowed');
    else this.#deliver(this.#session, parcel, extra);
  }

  /** The peer sent something that is not even text to read. */
  reject(code: RefusalCode): void {
    if (!this.#isOver) this.#refuse(code);
  }

  tell(json: string): boolean {
    if (this.#isOver) return false;
    // Whole answers travel here as well, so what a client may leave unread of those is the measure.
    if (this.#wire.unread > this.#supervisor.services.settings.maxUnreadBytes) {
      this.#session?.journal.tripped('maxUnreadBytes');
      this.#end('too-slow');
      return false;
    }
    this.#wire.send(json);
    return true;
  }

  /** The peer is gone. */
  left(): void {
    if (this.#isOver) return;
    this.#over();
    this.#session?.close('disconnected');
  }

  /**
   * Ends when what is in flight is answered, at the latest when {@link cut} is called or
   * `closeTimeoutMs` is over.
   */
  finish(reason: EndReason): void {
    if (this.#session === null) this.#end(reason);
    else this.#session.close(reason);
  }

  /** Finishing has lasted long enough: one error for each request still in flight. */
  cut(): void {
    if (this.#session?.snapshot.hasTag('ending') === true) {
      this.#session.tell({ type: 'deadline.passed' });
    }
  }

  /** The peer did not initialize in time. */
  expire(): void {
    this.#end('handshake-timeout');
  }

  drained(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    const { maxStreamBytes } = this.#supervisor.services.settings;
    return this.#wire.unread > maxStreamBytes / 2 ? this.#wire.drained() : undefined;
  }

  /** What is in flight may still be answered. */
  retire(): void {}

  close(reason: EndReason): void {
    this.#end(reason);
  }

  #end(reason: ChannelEnd): void {
    if (this.#isOver) return;
    this.#over();
    this.#wire.end(reason);
    this.#session?.close('disconnected');
  }

  #over(): void {
    this.#isOver = true;
    const { services } = this.#supervisor;
    if (this.#session !== null) services.counters.streams--;
    else {
      services.silent.disarm(this);
      services.counters.handshakes--;
    }
  }

  #begin(parcel: Parcel, delivery: Extra): void {
    const id = idOf(parcel);
    if (!isInitialize(parcel) || id === undefined) {
      this.#refuse('not-initialized', id);
      return;
    }
    if (this.#supervisor.isTooLarge(parcel.messages[0], parcel.bytes)) {
      this.#refuse('body-too-large', id);
      return;
    }
    const { services } = this.#supervisor;
    services.silent.disarm(this);
    // Its place is the session's from here on.
    services.counters.handshakes--;
    const session = this.#admit();
    if (typeof session === 'string') {
      services.counters.handshakes++;
      this.#refuse(session, id);
      this.#end(session === 'internal-error' ? 'crashed' : session);
      return;
    }
    this.#session = session;
    services.counters.streams++;
    const exchange = new ChannelExchange(this, 1, false);
    session.start({
      message: parcel.messages[0],
      delivery,
      exchange,
      bytes: parcel.bytes,
    });
    session.attachedChanged(true);
  }

  #admit(): SessionActor | NoPlace | 'internal-error' {
    try {
      return this.#supervisor.admit(
        this.#principal,
        (sid) => new SessionActor(this.#supervisor, sid, this.#principal, this),
      );
    } catch (error) {
      this.#supervisor.services.events.emit('endpoint.failed', { error });
      return 'internal-error';
    }
  }

  #deliver(session: SessionActor, { messages, isBatch, bytes }: Parcel, delivery: Extra): void {
    const requests = messages.filter(isRequest).length;
    const exchange = requests === 0 ? undefined : new ChannelExchange(this, requests, isBatch);
    for (const message of messages) {
      const code = session.accept({ message, delivery, exchange, bytes });
      if (code === undefined || !isRequest(message)) continue;
      count(this.#supervisor.services.counters.refusals, code);
      exchange?.answer(refusalBody(code, message.id));
    }
  }

  #allowsBatch(parcel: Parcel): boolean {
    const { settings } = this.#supervisor.services;
    return allowsBatch(parcel, this.#session?.protocolVersion, settings.maxInFlight);
  }

  #refuse(code: RefusalCode, id?: RequestId): void {
    count(this.#supervisor.services.counters.refusals, code);
    this.tell(refusalBody(code, id ?? null));
  }
}

/** What was asked in one message of a channel. */
class ChannelExchange implements Exchange {
  // Whatever belongs to a request goes out by the channel, as everything does.
  readonly reach = 'none';
  readonly #channel: Channel;
  readonly #answers: string[] | null;
  #pending: number;

  constructor(channel: Channel, requests: number, isBatch: boolean) {
    this.#channel = channel;
    this.#pending = requests;
    this.#answers = isBatch ? [] : null;
  }

  get isSettled(): boolean {
    return this.#pending === 0;
  }

  answer(json: string): boolean {
    this.#pending--;
    if (this.#answers === null) return this.#channel.tell(json);
    this.#answers.push(json);
    return this.#pending > 0 || this.#channel.tell(`[${this.#answers.join(',')}]`);
  }

  tell(json: string): boolean {
    return this.#channel.tell(json);
  }

  cancelled(): void {
    this.#pending--;
    if (this.#pending > 0 || this.#answers === null || this.#answers.length === 0) return;
    this.#channel.tell(`[${this.#answers.join(',')}]`);
  }

  upgrade(): void {}
}

/** What a message is delivered with where there is no stream of its own to close. */
export function extraOf({ authInfo, head }: Pick<Origin, 'head' | 'authInfo'>): Extra {
  const extra = { authInfo, requestInfo: { headers: head.headers } };
  return extra;
}

function idOf({ messages: [first], isBatch }: Parcel): RequestId | undefined {
  return !isBatch && isRequest(first) ? first.id : undefined;
}
