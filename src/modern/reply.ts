import type { AnswerForm } from '../wire/headers.ts';
import type { ResponsePort } from '../wire/port.ts';
import { messageFrame, STREAM_HEADERS } from '../wire/sse.ts';
import type { Home } from './home.ts';
import type { Services } from '../events/services.ts';
import type { ResponseMode } from '../http/httpExchange.ts';
import type { Slow, StreamTimers } from '../http/streamTimers.ts';

const JSON_HEADERS = ['Content-Type', 'application/json'] as const;

/** What responses need of the stateless revision. */
export interface ReplyShare {
  readonly services: Services;
  readonly timers: StreamTimers;
  readonly responseMode: ResponseMode;
}

/** One response to one round of a call: as JSON, or as an event stream that nobody can resume. */
export class Reply implements Slow {
  // Set by the deadline of slow answers.
  chain: object | null = null;
  older: Slow | null = null;
  newer: Slow | null = null;
  armedAt = 0;

  readonly #port: ResponsePort;
  readonly #home: Home;
  readonly #share: ReplyShare;
  readonly #call: { upgrade(): void };
  readonly #mode: ResponseMode;
  readonly #prefersStream: boolean;
  #isStream = false;

  /**
   * @param call turns its response into a stream when it lasts
   * @param form what the client lets the answer be
   */
  constructor(
    port: ResponsePort,
    home: Home,
    share: ReplyShare,
    call: { upgrade(): void },
    form: AnswerForm,
  ) {
    this.#port = port;
    this.#home = home;
    this.#share = share;
    this.#call = call;
    this.#mode = form === 'json' ? 'json' : share.responseMode;
    this.#prefersStream = form === 'stream';
  }

  /** Nobody reads the response any more. */
  get isGone(): boolean {
    return this.#port.gone;
  }

  /** The request is admitted: what lasts from here on becomes a stream. */
  begin(): void {
    if (this.#port.gone || this.#isStream) return;
    if (this.#mode === 'sse' || (this.#mode === 'auto' && this.#prefersStream)) this.open();
    else this.#share.timers.slow.arm(this);
  }

  /** The answer takes long: the call says how to go on. */
  upgrade(): void {
    this.#call.upgrade();
  }

  /** Turns the response into a stream, where the mode allows one. */
  open(): void {
    if (this.#isStream || this.#port.gone || this.#mode === 'json') return;
    this.#isStream = true;
    this.#port.open(STREAM_HEADERS);
    this.#home.unread.open(this.#port);
    this.#share.timers.keepAlive.arm(this.#port);
    this.#share.services.counters.streams++;
  }

  /** Says something before the answer. `false`: in mode `json` there is no room for that. */
  tell(json: string): boolean {
    this.open();
    if (!this.#isStream || this.#port.gone) return false;
    this.#home.write(this.#port, messageFrame(json));
    return true;
  }

  /** Answers, and ends the response. */
  send(status: number, json: string): void {
    if (this.#isStream) {
      if (!this.#port.gone) this.#port.write(messageFrame(json));
    } else if (!this.#port.gone) {
      this.#port.send(status, JSON_HEADERS, json);
    }
    this.end();
  }

  /** Ends the response; what its client has not read stays on the home's account. */
  end(): void {
    const { services, timers } = this.#share;
    timers.slow.disarm(this);
    if (this.#isStream) {
      this.#isStream = false;
      services.counters.streams--;
      timers.keepAlive.disarm(this.#port);
      if (!this.#port.gone) this.#port.end();
    } else if (!this.#port.gone) this.#port.send(202, []);
    if (this.#port.unread > 0) this.#home.unread.add(this.#port);
  }
}
