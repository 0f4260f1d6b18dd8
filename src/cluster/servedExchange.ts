import type { Forwarded } from '../directory/whereabouts.ts';
import type { BodyLimits } from '../wire/body.ts';
import { isFollowUp } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { refuseAll } from './clientErrors.ts';
import type { Incarnation } from './engine.ts';
import { requestOf } from './requestFrame.ts';
import type { Frame, FrameOf, Nak } from './frame.ts';
import type { Visit } from './follow.ts';
import type { Mail } from './mail.ts';
import type { Tallies } from './tallies.ts';
import { type AnswerFrame, MAX_PART_BYTES, RemotePort } from './remotePort.ts';

/** Why a session is not this node's to serve. */
export interface NotReady {
  readonly why: Nak;
  /** Who has the session, where that is known. */
  readonly owner?: Incarnation | undefined;
}

/** What a served exchange needs of its node and of all exchanges with it. */
export interface ServedExchangeHost {
  readonly mail: Mail;
  /** Of a body: what the ingress has let in. */
  readonly bodyLimits: BodyLimits;
  readonly isLive: boolean;
  readonly tallies: Pick<Tallies, 'notBegun' | 'served'>;
  /** The time of the engine, in milliseconds since the epoch. */
  engineNow(): number;
  /**
   * Has a session in this process: here already, or claimed.
   *
   * @param takes also one that is nobody's
   * @param isFollowUp for what its client says of work in flight: also one that ends here
   * @param space of what is no session: the part of the store that has it
   */
  ready(
    session: string,
    takes: boolean,
    isFollowUp: boolean,
    space: string | undefined,
  ): Promise<'ready' | NotReady>;
  /**
   * Counts what a request holds until its session has it.
   *
   * @returns ends the count, once; `undefined`: too much waits already
   */
  counts(request: Forwarded): (() => void) | undefined;
  /** The session is in this process, and can be given a message in this turn. */
  isReady(session: string, isFollowUp: boolean, space: string | undefined): boolean;
  /** Serves a request whose session is in this process, in this turn. Never throws. */
  serve(request: Forwarded, port: ResponsePort): void;
  /** The answer, or its beginning, is kept to be said again. */
  kept(exchange: ServedExchange, size: number): void;
  /** Whether the ingress has heard the last words is not known. */
  doubted(exchange: ServedExchange): void;
  /** Nothing more will be said. The exchange is known for a while. */
  over(exchange: ServedExchange): void;
  /** The exchange never was. */
  drop(exchange: ServedExchange): void;
}

/** What is kept of a request for as long as the exchange is known. */
type Terms = Pick<
  FrameOf<'req'>,
  'session' | 'space' | 'method' | 'principal' | 'takes' | 'hasRoom' | 'isSure' | 'until'
>;

/** One exchange at the owner of its session, from when its `req` came until it is forgotten. */
export class ServedExchange {
  readonly id: string;
  readonly #host: ServedExchangeHost;
  /** The body is not among them: the exchange is known for long after its end. */
  readonly #terms: Terms;
  #ingress: Incarnation;
  #refusal: FrameOf<'nak'> | null = null;
  #port: RemotePort | null = null;
  /** The whole answer, or the beginning of a stream; `null`: not said yet, or not kept. */
  #head: FrameOf<'send' | 'open'> | null = null;
  #hasSpoken = false;
  /** The ingress knows nothing of the exchange any more. */
  #isLeft = false;
  /** Of more words, how many there were, and not what they said. */
  #last: FrameOf<'more' | 'end' | 'cut'> | null = null;

  constructor(request: FrameOf<'req'>, ingress: Incarnation, host: ServedExchangeHost) {
    const { id, session, space, method, principal, takes, hasRoom, isSure, until } = request;
    this.id = id;
    this.#terms = { session, space, method, principal, takes, hasRoom, isSure, until };
    this.#ingress = ingress;
    this.#host = host;
  }

  get ingress(): Incarnation {
    return this.#ingress;
  }

  /** The use that a client has made of a session here; `undefined`: none, or of something else. */
  get visit(): Visit | undefined {
    const { session, space, method, hasRoom } = this.#terms;
    if (this.#port === null || space !== undefined || method !== 'POST') return undefined;
    return { session, ingress: this.#ingress, hasRoom };
  }

  /** Will not be begun: says so, now and to whoever asks again. */
  refuse(why: Nak, owner?: Incarnation): void {
    this.#host.tallies.notBegun[why]++;
    this.#refusal = { type: 'nak', id: this.id, why, owner };
    void this.#say(this.#refusal);
    this.#host.over(this);
  }

  /** Begins the exchange where its session is here, and its ingress knows. */
  async begin(frame: FrameOf<'req'>): Promise<void> {
    const request = requestOf(frame, this.#host.bodyLimits);
    const end = typeof request === 'string' ? undefined : this.#host.counts(request);
    if (typeof request !== 'string' && end === undefined) return this.refuse('busy');
    try {
      await this.#begin(request);
    } finally {
      end?.();
    }
  }

  async #begin(request: Forwarded | RefusalCode): Promise<void> {
    const host = this.#host;
    const { session, space, isSure } = this.#terms;
    const isAwaited = isAboutWork(request);
    const ready = await this.#ready(isAwaited);
    if (ready !== 'ready') return this.refuse(ready.why, ready.owner);
    // Whoever asked knows what silence means.
    if (this.#isLate) return host.drop(this);
    if (!isSure) {
      const heard = await host.mail.post(this.#ingress, { type: 'ack', id: this.id });
      // The ingress may look elsewhere for who begins it.
      if (heard === 0) return host.drop(this);
      if (heard !== 1) return this.refuse('moved');
    }
    // In the turn in which it begins: what is lost, moved or given up is not begun.
    if (!host.isLive) return this.refuse('suspended');
    if (this.#isLate || this.#isLeft || !host.isReady(session, isAwaited, space))
      return this.refuse('moved');
    if (isSure) void this.#say({ type: 'ack', id: this.id });
    this.#serve(request);
  }

  /** Says again what was said, to an ingress that may have missed some of it. */
  repeat(to = this.#ingress): void {
    this.#ingress = to;
    if (this.#refusal !== null) return void this.#say(this.#refusal);
    if (this.#port === null) return;
    if (this.#last?.type === 'cut') return void this.#say(this.#last);
    if (this.#isLeft) return void this.#say({ type: 'lost', id: this.id });
    if (!this.#hasSpoken) return void this.#say({ type: 'ack', id: this.id });
    if (this.#head === null) return void this.#say({ type: 'lost', id: this.id });
    void this.#say(this.#head);
    if (this.#last !== null) void this.#say(this.#last);
  }

  /** Keeps the answer no longer. */
  forgetAnswer(): void {
    this.#head = null;
  }

  took(bytes: number): void {
    this.#port?.took(bytes);
  }

  /** The client has left, or its ingress is gone. */
  left(): void {
    // What has its last word is whole, and can be said again.
    if (this.#port?.gone !== true) this.#isLeft = true;
    this.#port?.left();
  }

  get #isLate(): boolean {
    return this.#host.engineNow() > this.#terms.until;
  }

  async #ready(isAwaited: boolean): Promise<'ready' | NotReady> {
    const { session, space, takes } = this.#terms;
    try {
      return await this.#host.ready(session, takes, isAwaited, space);
    } catch {
      // The engine can not be asked.
      return { why: 'suspended' };
    }
  }

  #serve(request: Forwarded | RefusalCode): void {
    const host = this.#host;
    const port = new RemotePort(this.id, {
      say: (frame) => this.#answer(frame),
      over: () => host.over(this),
    });
    this.#port = port;
    if (typeof request !== 'string') {
      host.tallies.served++;
      return host.serve(request, port);
    }
    // What an ingress with other limits has let in.
    const { method, principal } = this.#terms;
    const origin = { head: { method, headers: {} }, authInfo: undefined };
    refuseAll(port, request, { origin, principal, parcel: undefined });
  }

  #answer(frame: AnswerFrame): void {
    this.#hasSpoken = true;
    if (frame.type === 'more') this.#last = { ...frame, body: '' };
    else if (frame.type !== 'send' && frame.type !== 'open') this.#last = frame;
    else {
      const size = frame.body?.length ?? 0;
      if (size <= MAX_PART_BYTES) {
        this.#head = frame;
        this.#host.kept(this, size);
      }
    }
    void this.#say(frame);
  }

  async #say(frame: Frame): Promise<void> {
    const heard = await this.#host.mail.post(this.#ingress, frame);
    if (heard === undefined || heard === 0) this.#host.doubted(this);
  }
}

/** Whether a client says something of work in flight, and nothing else. */
function isAboutWork(request: Forwarded | RefusalCode): boolean {
  return typeof request !== 'string' && request.parcel?.messages.every(isFollowUp) === true;
}
