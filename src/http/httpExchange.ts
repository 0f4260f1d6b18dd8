import type { Exchange } from '../session/exchange.ts';
import type { Outlet } from '../session/exchange.ts';
import type { Outbox } from './outbox.ts';
import type { Slow, StreamTimers } from './streamTimers.ts';
import type { Stream } from './stream.ts';
import type { AnswerForm } from '../wire/headers.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';

const JSON_HEADERS = ['Content-Type', 'application/json'] as const;

/** How the answer to a request travels: as JSON, or as an event stream. */
export type ResponseMode =
  /**
   * JSON; an event stream as soon as the handler emits something, after `sseAfterMs`, or where the
   * client names `text/event-stream` first in `Accept`
   */
  | 'auto'
  /** always an event stream */
  | 'sse'
  /** always JSON; what a handler emits goes to the GET stream */
  | 'json';

/** What an exchange needs of its session. */
export interface HttpExchangeHost {
  readonly outlet: Outlet;
  readonly protocolVersion: string | undefined;
}

/** What the exchanges of one runtime share. */
export interface HttpExchangeShare {
  readonly responseMode: ResponseMode;
  readonly timers: StreamTimers;
  outboxOf(session: HttpExchangeHost): Outbox;
}

/**
 * One POST with requests, answered once: as JSON, or as an event stream as soon as there is more to
 * say than the answer, or the answer takes long (row P6).
 */
export class HttpExchange implements Exchange, Slow {
  // Set by the deadline of slow answers.
  chain: object | null = null;
  older: Slow | null = null;
  newer: Slow | null = null;
  armedAt = 0;

  readonly #share: HttpExchangeShare;
  readonly #host: HttpExchangeHost;
  readonly #port: ResponsePort;
  /** JSON where the client takes no event streams. */
  readonly #mode: ResponseMode;
  readonly #prefersStream: boolean;
  #headers: readonly string[];
  readonly #answers: string[] | null;
  #stream: Stream | null = null;
  #pending: number;
  readonly #asks: readonly RequestId[];

  /**
   * @param asks ids of the requests in the body
   * @param batch whether the body was an array; the answer is one then
   * @param form what the client lets the answer be
   * @param headers for an answer that is no error: the session id of an `initialize` answer
   */
  constructor(
    share: HttpExchangeShare,
    host: HttpExchangeHost,
    port: ResponsePort,
    asks: readonly RequestId[],
    batch: boolean,
    form: AnswerForm | undefined,
    headers: readonly string[] = [],
  ) {
    this.#share = share;
    this.#host = host;
    this.#port = port;
    this.#asks = asks;
    this.#pending = asks.length;
    this.#answers = batch ? [] : null;
    this.#headers = headers;
    this.#mode = form === 'json' ? 'json' : share.responseMode;
    this.#prefersStream = form === 'stream';
  }

  get isSettled(): boolean {
    return this.#pending === 0;
  }

  get reach(): Exchange['reach'] {
    if (this.#stream === null) return 'none';
    return this.#stream.isLive ? 'live' : 'lost';
  }

  /** The exchange answers with an event stream. */
  get isStream(): boolean {
    return this.#stream !== null;
  }

  /** Begins the wait for answers, once all requests are admitted: what lasts becomes a stream. */
  begin(): void {
    if (this.#pending === 0) return;
    if (this.#mode === 'sse' || (this.#mode === 'auto' && this.#prefersStream)) this.#open();
    else this.#share.timers.slow.arm(this);
  }

  answer(json: string, isError = false): boolean {
    this.#settleOne();
    // A refused `initialize` names no session (row S1).
    if (isError) this.#headers = [];
    if (this.#mode === 'sse') this.#open();
    if (this.#stream !== null) {
      return this.#outbox.write(this.#stream, json, this.#pending === 0);
    }
    if (this.#answers === null) return this.#send(json);
    this.#answers.push(json);
    return this.#pending > 0 || this.#send(`[${this.#answers.join(',')}]`);
  }

  cancelled(): void {
    this.#settleOne();
    if (this.#pending > 0) return;
    if (this.#stream !== null) this.#outbox.finish(this.#stream);
    else if (this.#answers !== null && this.#answers.length > 0) {
      this.#send(`[${this.#answers.join(',')}]`);
    } else if (!this.#port.gone) this.#port.send(202, []);
  }

  tell(json: string): boolean {
    const stream = this.#open();
    return stream !== null && this.#outbox.write(stream, json);
  }

  /** Answers with an event stream from now on, where the mode and the client allow one. */
  upgrade(): void {
    this.#open();
  }

  /** Ends the response; the client can resume the stream for the answer (row P12). */
  hangUp(): void {
    const stream = this.#open();
    if (stream !== null) this.#outbox.drop(stream);
  }

  get #outbox(): Outbox {
    return this.#share.outboxOf(this.#host);
  }

  #settleOne(): void {
    if (--this.#pending === 0) this.#share.timers.slow.disarm(this);
  }

  /** Opens the event stream; `null` where the mode, or a client that left, rules a stream out. */
  #open(): Stream | null {
    if (this.#stream !== null || this.#mode === 'json') return this.#stream;
    if (this.#port.gone) return null;
    this.#stream = this.#outbox.open(this.#port, this.#headers, this.#asks);
    // Answers that a batch has collected so far come first.
    for (const json of this.#answers?.splice(0) ?? []) this.#outbox.write(this.#stream, json);
    return this.#stream;
  }

  #send(body: string): boolean {
    if (this.#port.gone) return false;
    this.#port.send(200, [...JSON_HEADERS, ...this.#headers], body);
    if (this.#port.unread > 0) this.#outbox.sent(this.#port);
    return true;
  }
}
