import type { EndReason } from '../../machines/session.ts';
import type { NoPlace } from '../actor/actor.ts';
import type { Reservation } from '../actor/reservations.ts';
import type { Directory } from '../directory/directory.ts';
import { count } from '../events/counters.ts';
import type { Carrier } from '../events/events.ts';
import type { Services } from '../events/services.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { RequestInfo } from '../http/delivery.ts';
import type { SharedLimit, UnreadBudget, UnreadHolder } from '../http/unreadBudget.ts';
import type { Exchange, Extra, Origin, Outlet, Outlets } from '../session/exchange.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import { allowsBatch, isInitialize, type Parcel, readBody, weightOf } from '../wire/body.ts';
import { isRequest, type RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import { refusalBody, type RefusalCode } from '../wire/refusals.ts';

/**
 * Why a channel is closed: the end of its session, what kept the client from having a session, or
 * `too-slow`: the client left too much unread (`maxUnreadBytes`, `maxUnreadBytesPerPrincipal`,
 * `maxUnreadTotalBytes`).
 */
export type ChannelEnd = EndReason | NoPlace | 'too-slow';

/** The socket behind a channel, as an adapter gives it. */
export interface Wire extends Pick<ResponsePort, 'unread' | 'drained' | 'cut' | 'whenGone'> {
  readonly carrier: Carrier;
  send(json: string): void;
  /** Tells the client why, where the line has a way to say so, and closes the line. */
  end(reason: ChannelEnd): void;
}

/**
 * Opens a channel for a socket whose request passed `endpoint.screen.admits`. The client must
 * initialize within `handshakeTimeoutMs`.
 */
export function openChannel(endpoint: Endpoint, origin: Origin, wire: Wire): Channel | RefusalCode {
  const { principal, refusal } = endpoint.identify(origin);
  if (refusal !== undefined) return refusal;
  const channel = new Channel(endpoint, wire, origin, principal);
  return channel.expect() ?? channel;
}

/**
 * One session on one duplex line: a WebSocket, a pair of pipes, an event stream with its POSTs.
 * Every message in either direction is on the line, so there is no id on the wire and nothing to
 * resume: the session ends with the line, and the line with the session.
 */
export class Channel implements Outlet, Outlets<SessionActor>, UnreadHolder {
  /** Only the line's own client speaks on it: no request can name the session. */
  readonly hasId = false;
  /** Messages have no numbers: what the client did not hear is not said again. */
  readonly sequence = 0;
  /** The session leaves this process with the line, and not before. */
  readonly isFree = false;
  readonly principal: string | undefined;
  readonly #directory: Directory;
  readonly #services: Services;
  readonly #budget: UnreadBudget;
  readonly #wire: Wire;
  readonly #extra: Extra;
  #place: Reservation | null = null;
  #session: SessionActor | null = null;
  #isOver = false;

  constructor(
    { directory, unread }: Endpoint,
    wire: Wire,
    origin: Origin,
    principal: string | undefined,
  ) {
    this.#directory = directory;
    this.#services = directory.services;
    this.#budget = unread;
    this.#wire = wire;
    this.principal = principal;
    this.#extra = extraOf(origin);
    wire.whenGone(() => {
      unread.leaving.disarm(this);
      unread.settled(this);
    });
  }

  /** Waits for `initialize`, or says why there is no place for a session. */
  expect(): NoPlace | undefined {
    const place = this.#directory.reserve(this.principal, (how) => this.#end(how));
    if (typeof place === 'string') return place;
    this.#place = place;
    return undefined;
  }

  /** Gives the channel's one session its outlet: the channel itself. */
  open(): this {
    return this;
  }

  get carrier(): Carrier {
    return this.#wire.carrier;
  }

  /** The session, once the client has initialized. */
  get session(): SessionActor | null {
    return this.#session;
  }

  get isReachable(): boolean {
    return !this.#isOver;
  }

  get live(): number {
    return Number(!this.#isOver);
  }

  /** The client waits for nothing. */
  get isQuiet(): boolean {
    return this.#session === null || this.#session.mailbox.references === 0;
  }

  /** Takes one message of the client, or one batch, as text. */
  receive(text: string): void {
    if (this.#isOver) return;
    const parcel = readBody({ text }, this.#services.limits);
    if (typeof parcel === 'string') this.#refuse(parcel);
    else this.take(parcel);
  }

  /**
   * Takes one parcel that the adapter has read.
   *
   * @param extra of a message with its own head
   * @param upload number of a parcel with a body of its own
   */
  take(parcel: Parcel, extra: Extra = this.#extra, upload?: number): void {
    if (this.#isOver) return;
    const { maxInFlight } = this.#services.limits;
    if (this.#session === null) this.#first(parcel, extra, upload);
    else if (isInitialize(parcel)) this.#refuse('already-initialized', idOf(parcel));
    else if (parcel.isBatch && !allowsBatch(parcel, this.#session.protocolVersion, maxInFlight))
      this.#refuse('batch-not-allowed');
    else this.#deliver(this.#session, parcel, extra, upload);
  }

  /** Answers something the client sent that is not even text to read. */
  reject(code: RefusalCode): void {
    if (!this.#isOver) this.#refuse(code);
  }

  tell(json: string): boolean {
    if (this.#isOver) return false;
    // Whole answers travel on the line as well, so the limit is that of unread answers.
    if (this.#wire.unread > this.#services.limits.maxUnreadBytes) {
      this.#session?.journal.tripped('maxUnreadBytes');
      this.#end('too-slow');
      return false;
    }
    this.#wire.send(json);
    this.#budget.counted(this, this.bytes);
    return !this.#isOver;
  }

  /** What the client leaves unread. */
  get bytes(): number {
    return this.#wire.unread;
  }

  /** Ends the session: what is on a line can not be cut in part. */
  cutOldest(_bytes: number, limit: SharedLimit): number {
    const { bytes } = this;
    if (this.#isOver) this.#wire.cut();
    else if (bytes > 0) {
      this.#services.tripped(limit, this.#session?.key);
      this.#end('too-slow');
    }
    return bytes;
  }

  /** Drops what the client leaves unread of a line that is over. */
  expire(): void {
    if (this.#isOver) this.#wire.cut();
  }

  /** Ends the session, because the client is gone. */
  left(): void {
    if (this.#isOver) return;
    this.#over();
    this.#session?.close('disconnected');
  }

  /**
   * Ends the session when work in flight is answered, at the latest when {@link cut} is called or
   * `closeTimeoutMs` is over.
   */
  finish(reason: EndReason): void {
    if (this.#session === null) this.#end(reason);
    else this.#session.close(reason);
  }

  /** Ends a session whose finishing took too long: one error for each request in flight. */
  cut(): void {
    if (this.#session?.snapshot.hasTag('ending') === true) {
      this.#session.tell({ type: 'deadline.passed' });
    }
  }

  drained(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    const { maxStreamBytes } = this.#services.limits;
    return this.#wire.unread > maxStreamBytes / 2 ? this.#wire.drained() : undefined;
  }

  /** Keeps the line, because requests in flight may still be answered. */
  retire(): void {}

  close(reason: EndReason = 'terminated'): void {
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
    // What is unread is the line's account until the client has taken it, or is cut.
    if (this.bytes > 0) this.#budget.leaving.arm(this);
    if (this.#session !== null) this.#services.counters.streams--;
    else this.#place?.giveUp();
  }

  /** Takes the first message of a channel: `initialize`, or what stands in for it. */
  #first(parcel: Parcel, delivery: Extra, upload: number | undefined): void {
    const id = idOf(parcel);
    if (isInitialize(parcel) && id !== undefined) {
      return this.#begin(parcel, delivery, id, new ChannelExchange(this, 1, false));
    }
    const isReturning = this.#wire.carrier === 'sse' && id !== undefined;
    if (!isReturning) return this.#refuse('not-initialized', id);
    // An event source opens a lost stream again by itself, and its client knows nothing of that:
    // its server told it of a session once, and it goes on asking (row R5).
    this.#begin(IMPLICIT, delivery, id, UNHEARD);
    if (this.#session !== null) this.#deliver(this.#session, parcel, delivery, upload);
  }

  /** @param id of the request that is answered where there is no place for a session */
  #begin(parcel: Parcel, delivery: Extra, id: RequestId, exchange: Exchange): void {
    const [message] = parcel.messages;
    const { bytes, weight } = parcel;
    if (this.#directory.isTooLarge(message, bytes)) return this.#refuse('body-too-large', id);
    const session = this.#open();
    if (typeof session === 'string') {
      this.#refuse(session, id);
      return this.#end(session === 'internal-error' ? 'crashed' : session);
    }
    this.#session = session;
    this.#services.counters.streams++;
    session.start({ message, delivery, exchange, bytes, weight });
    session.attachedChanged(true);
  }

  #open(): SessionActor | NoPlace | 'internal-error' {
    try {
      return this.#directory.open(this.principal, this, this.#place ?? undefined);
    } catch (error) {
      this.#services.events.emit('endpoint.failed', { error });
      return 'internal-error';
    }
  }

  #deliver(
    session: SessionActor,
    parcel: Parcel,
    delivery: Extra,
    upload: number | undefined,
  ): void {
    const { messages, isBatch, bytes } = parcel;
    const requests = messages.filter(isRequest).length;
    const exchange = requests === 0 ? undefined : new ChannelExchange(this, requests, isBatch);
    for (const message of messages) {
      const weight = isBatch ? weightOf(message) : parcel.weight;
      const code = session.accept({ message, delivery, exchange, bytes, weight, upload });
      if (code === undefined || !isRequest(message)) continue;
      count(this.#services.counters.refusals, code);
      exchange?.answer(refusalBody(code, message.id));
    }
  }

  #refuse(code: RefusalCode, id?: RequestId): void {
    count(this.#services.counters.refusals, code);
    this.tell(refusalBody(code, id ?? null));
  }
}

/** The requests of one message or batch on a channel. */
class ChannelExchange implements Exchange {
  // A message that belongs to a request goes out by the channel, as all others do.
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
}

/** The handshake of the oldest revision, for a client that had one on a stream before. */
const IMPLICIT: Parcel = {
  messages: [
    {
      jsonrpc: '2.0',
      id: 'implicit',
      method: 'initialize',
      params: {
        protocolVersion: '2024-11-05',
        capabilities: {},
        clientInfo: { name: 'unknown', version: '0' },
      },
    },
  ],
  isBatch: false,
  bytes: 0,
  weight: 0,
};

/** The exchange of a request that no client has made. */
const UNHEARD: Exchange = {
  isSettled: false,
  reach: 'none',
  answer: () => true,
  tell: () => true,
  cancelled() {},
};

/** What a message is delivered with where it has no stream of its own to close. */
export function extraOf(origin: Origin): Extra {
  const { authInfo, request } = origin;
  const extra = { authInfo, requestInfo: new RequestInfo(origin), request };
  return extra;
}

function idOf({ messages: [first], isBatch }: Parcel): RequestId | undefined {
  return !isBatch && isRequest(first) ? first.id : undefined;
}
