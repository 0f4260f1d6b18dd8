import type { Ask, Envelope } from './envelope.ts';
import type { DeadLetterReason, Within } from '../events/events.ts';
import type { Extra } from './exchange.ts';

import { outcomeOf } from './requestEvents.ts';
import {
  isRequest,
  isRequestId,
  isResponse,
  type Message,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from '../wire/jsonrpc.ts';
import { refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import type { Arrival } from '../../machines/session.ts';
import type { RequestOutcome } from '../events/events.ts';
import type { Journal } from '../events/journal.ts';
import type { Limits } from '../base/limits.ts';
import type { Uploads } from './uploads.ts';

/** What a mailbox needs of its session. */
export interface MailboxHost {
  readonly key: string;
  readonly journal: Journal;
  readonly limits: Limits;
  readonly arrival: Arrival;
  /** First message out of idle. */
  rouse(): void;
  now(): number;
  /** Hands a message to the server of this incarnation. */
  deliver(message: Message, delivery: Extra | undefined): void;
  /** A client's answer, progress or withdrawal about something the server asked. */
  receive(message: ResponseMessage | NotificationMessage): void;
  /** The cancels that overtook their requests; `null` where none can have. */
  readonly uploads: Uploads | null;
  /** The method of a question the server has open. */
  asked(id: RequestId): string | undefined;
  /** What an answer has to wait for: `false` when it can not be given. */
  beforeAnswer(ask: Ask, response: ResponseMessage): Promise<boolean> | undefined;
  /** A request was taken in; whoever listens is told before its server has it. */
  began(ask: Ask): void;
  /** It is over. Called for those with {@link Ask.watched} alone. */
  settled(ask: Ask, outcome: RequestOutcome, errorCode?: number): void;
  /** Hands a request to the server where a listener wants it handled. */
  deliverWithin(run: Within, message: Message, delivery: Extra | undefined): void;
  /** A request was answered or cancelled. */
  answered(ask: Ask, response: ResponseMessage | undefined): void;
  /** The last reference is gone. */
  drained(): void;
}

/**
 * The inbound mailbox of one session: it admits, orders, counts and dispatches.
 *
 * Order of dispatch is order of arrival (law 2): one stash while there is no server, one queue
 * while all handlers are taken, and nothing overtakes what waits in them but the control lane:
 * cancels, answers and progress (law 3). Completion is free.
 */
export class Mailbox {
  readonly #host: MailboxHost;
  /** Made when it is first needed, given back when the session comes to rest. */
  #asks: Map<RequestId, Ask> | null = null;
  #waiting: Envelope[] | null = null;
  #running = 0;
  #touched = false;

  constructor(host: MailboxHost) {
    this.#host = host;
  }

  /** Work that pins the session: requests not answered, messages not dispatched. */
  get references(): number {
    return this.inFlight + (this.#waiting?.length ?? 0);
  }

  get inFlight(): number {
    return this.#asks?.size ?? 0;
  }

  /** Messages that wait for a server or for a free handler. */
  get waiting(): number {
    return this.#waiting?.length ?? 0;
  }

  /** Requests accepted and not yet answered, the first ones in. */
  asks(): Iterable<Ask> {
    return this.#asks?.values() ?? [];
  }

  /** Whether the client used the session since this was last asked. */
  takeTouched(): boolean {
    const touched = this.#touched;
    this.#touched = false;
    return touched;
  }

  /** The session comes to rest: what is empty is given back. */
  rest(): void {
    if (this.references > 0) return;
    this.#asks = null;
    this.#waiting = null;
  }

  /** The request a server means by an id. */
  find(innerId: RequestId): Ask | undefined {
    return this.#asks?.get(innerId);
  }

  /**
   * Takes a message in, or says why not. A refused request is not answered here; a refused
   * notification or answer is a dead letter (laws 4 and 5).
   */
  accept(envelope: Envelope): RefusalCode | undefined {
    const { message } = envelope;
    // A ping, or the answer to one, asks whether somebody is there; it keeps nothing awake.
    const isPing = this.isPing(message);
    if (isPing && this.#host.arrival === 'rouse') return this.#pong(message, envelope);
    if (!isPing) this.#touched = true;
    if (this.#host.arrival === 'rouse') this.#host.rouse();
    if (this.#host.arrival === 'refuse') return this.#dead(message, 'closed', 'session-not-found');
    if (isResponse(message)) {
      this.#host.journal.saw('in', 'response', undefined, envelope.bytes, message);
      this.#host.receive(message);
      return undefined;
    }
    this.#host.journal.saw(
      'in',
      isRequest(message) ? 'request' : 'notification',
      message.method,
      envelope.bytes,
      message,
    );
    if (isRequest(message)) return this.#ask(message, envelope);
    if (message.method === 'notifications/cancelled') return this.#cancel(message, envelope);
    if (message.method === 'notifications/progress') {
      this.#host.receive(message);
      return undefined;
    }
    return this.#enqueue(envelope) ? undefined : this.#dead(message, 'full', 'session-busy');
  }

  /** There is no place for its session: what nobody answers is a dead letter (law 5). */
  refuse<C extends RefusalCode>(message: Message, code: C): C {
    const reason = code === 'draining' ? 'closed' : 'full';
    if (!isRequest(message)) this.#host.journal.deadLetter('in', message, reason);
    return code;
  }

  /** It asks whether somebody is there, or says so. */
  isPing(message: Message): boolean {
    if (isResponse(message)) return this.#host.asked(message.id) === 'ping';
    return isRequest(message) && message.method === 'ping';
  }

  /** Dispatches what waits, in order of arrival, as far as the state and `concurrency` allow. */
  dispatch(): void {
    const waiting = this.#waiting ?? [];
    while (waiting.length > 0 && this.#host.arrival === 'dispatch') {
      const next = waiting[0]!;
      if (isRequest(next.message) && this.#running >= this.#host.limits.concurrency) return;
      waiting.shift();
      this.#deliver(next);
    }
  }

  /** Dispatches the one message a server without a handshake takes. */
  dispatchFirst(): void {
    const first = this.#waiting?.shift();
    if (first !== undefined) this.#deliver(first);
  }

  /** The server answered: settles the exchange, once (law 6). */
  settle(response: ResponseMessage): void {
    const ask = this.#asks?.get(response.id);
    if (ask === undefined || ask.isHeld) {
      // After a cancel or a cut: somebody has already been told (law 8).
      this.#host.journal.deadLetter('out', response, 'late');
      return;
    }
    const held = this.#host.beforeAnswer(ask, response);
    if (held !== undefined) {
      ask.isHeld = true;
      void held.then((isStored) => this.#release(ask, isStored ? response : undefined));
      return;
    }
    this.#settle(ask, response);
  }

  /** What an answer waited for has happened, or (`undefined`) could not. */
  #release(ask: Ask, response: ResponseMessage | undefined): void {
    const innerId = this.#innerId(ask.message.id);
    // Cancelled or cut meanwhile: somebody has already been told.
    if (this.#asks?.get(innerId) !== ask) return;
    if (response !== undefined) return this.#settle(ask, response);
    this.#remove(innerId, ask);
    const body = refusalBody('store-unavailable', ask.message.id);
    this.#answer(ask, body, JSON.parse(body) as ResponseMessage);
  }

  #settle(ask: Ask, response: ResponseMessage): void {
    this.#remove(response.id, ask);
    const { id } = ask.message;
    let json: string;
    try {
      json = JSON.stringify(id === response.id ? response : { ...response, id });
    } catch (error) {
      // JSON has no words for it: the client gets an answer all the same, the server hears why.
      const body = refusalBody('internal-error', id);
      this.#answer(ask, body, JSON.parse(body) as ResponseMessage);
      throw error;
    }
    this.#answer(ask, json, response);
  }

  /** Answers requests with an error, and drops the notifications that wait with them. */
  cut(
    code: RefusalCode,
    which: 'all' | 'waiting' | 'running',
    data?: Record<string, unknown>,
  ): number {
    let count = 0;
    if (which !== 'running') {
      for (const { message } of this.#waiting?.splice(0) ?? []) {
        if (!isRequest(message)) this.#host.journal.deadLetter('in', message, 'closed');
      }
    }
    for (const [innerId, ask] of this.#asks ?? []) {
      if (which !== 'all' && ask.running !== (which === 'running')) continue;
      this.#remove(innerId, ask);
      ask.exchange.answer(refusalBody(code, ask.message.id, data), true);
      this.#host.answered(ask, undefined);
      if (ask.watched !== null) this.#host.settled(ask, 'cut', REFUSALS[code].rpcCode);
      count++;
    }
    this.#next();
    return count;
  }

  #pong(message: Message, { exchange, bytes }: Envelope): undefined {
    if (!isRequest(message)) {
      if (isResponse(message)) this.#host.receive(message);
      return;
    }
    const json = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: {} });
    this.#host.journal.saw('in', 'request', 'ping', bytes, message);
    this.#host.journal.saw('out', 'response', 'ping', json.length, json);
    exchange?.answer(json);
  }

  #ask(message: RequestMessage, envelope: Envelope): RefusalCode | undefined {
    const innerId = this.#innerId(message.id);
    const { limits, uploads } = this.#host;
    if (envelope.upload !== undefined && uploads?.wasCancelled(message.id, envelope.upload)) {
      envelope.exchange?.cancelled();
      return undefined;
    }
    this.#asks ??= new Map();
    if (this.#asks.has(innerId)) return 'duplicate-request-id';
    if (this.#asks.size >= limits.maxInFlight) {
      this.#host.journal.tripped('maxInFlight');
      return 'session-busy';
    }
    const ask: Ask = {
      message,
      exchange: envelope.exchange!,
      since: this.#host.now(),
      running: false,
      isHeld: false,
      watched: null,
    };
    this.#asks.set(innerId, ask);
    this.#host.journal.high('inFlight', this.#asks.size);
    this.#host.began(ask);
    if (this.#enqueue(envelope)) return undefined;
    this.#asks.delete(innerId);
    if (ask.watched !== null) {
      this.#host.settled(ask, 'refused', REFUSALS['session-busy'].rpcCode);
    }
    return 'session-busy';
  }

  /** Dispatches at once where nothing has to wait; `false` when there is no room to wait. */
  #enqueue(envelope: Envelope): boolean {
    const { arrival, limits } = this.#host;
    const isFree = !isRequest(envelope.message) || this.#running < limits.concurrency;
    if (arrival === 'dispatch' && (this.#waiting?.length ?? 0) === 0 && isFree) {
      this.#deliver(envelope);
      return true;
    }
    this.#waiting ??= [];
    if (this.#waiting.length >= limits.maxQueue) {
      this.#host.journal.tripped('maxQueue');
      return false;
    }
    this.#waiting.push(envelope);
    this.#host.journal.high(arrival === 'stash' ? 'stash' : 'queue', this.#waiting.length);
    return true;
  }

  #deliver({ message, delivery }: Envelope): void {
    if (!isRequest(message)) {
      this.#host.deliver(message, delivery);
      return;
    }
    const innerId = this.#innerId(message.id);
    const ask = this.#asks?.get(innerId);
    if (ask === undefined) return;
    ask.running = true;
    this.#running++;
    const inner = innerId === message.id ? message : { ...message, id: innerId };
    const within = ask.watched?.within ?? null;
    if (within === null) this.#host.deliver(inner, delivery);
    else this.#host.deliverWithin(within, inner, delivery);
  }

  /** A cancel stops its request wherever it is, and never overtakes it (row C2, law 3). */
  #cancel(message: NotificationMessage, { delivery, upload }: Envelope): undefined {
    const id = message.params?.['requestId'];
    const innerId =
      typeof id === 'string' || typeof id === 'number' ? this.#innerId(id) : undefined;
    const ask = innerId === undefined ? undefined : this.#asks?.get(innerId);
    if (ask === undefined && isRequestId(id) && this.#host.uploads?.hold(id, message, upload))
      return;
    // `initialize` can not be cancelled (row C1); what is answered needs no cancel.
    if (ask === undefined || innerId === undefined || ask.message.method === 'initialize') {
      const isLate = innerId !== undefined && ask === undefined;
      this.#host.journal.deadLetter('in', message, isLate ? 'late' : 'malformed');
      return;
    }
    if (ask.running) {
      const params = { ...message.params, requestId: innerId };
      this.#host.deliver({ ...message, params }, delivery);
    } else {
      this.#waiting = (this.#waiting ?? []).filter((envelope) => envelope.message !== ask.message);
    }
    this.#remove(innerId, ask);
    ask.exchange.cancelled();
    this.#host.answered(ask, undefined);
    if (ask.watched !== null) this.#host.settled(ask, 'cancelled');
    this.#next();
  }

  #answer(ask: Ask, json: string, response: ResponseMessage): void {
    this.#host.journal.saw('out', 'response', ask.message.method, json.length, json);
    const isError = response.error !== undefined;
    if (!ask.exchange.answer(json, isError)) {
      this.#host.journal.deadLetter('out', response, 'closed');
    }
    this.#host.answered(ask, response);
    if (ask.watched !== null) {
      this.#host.settled(ask, outcomeOf(response), response.error?.code);
    }
    this.#next();
  }

  #remove(innerId: RequestId, ask: Ask): void {
    this.#asks?.delete(innerId);
    if (ask.running) this.#running--;
  }

  #next(): void {
    if (this.#waiting !== null) this.dispatch();
    if (this.references === 0) this.#host.drained();
  }

  /**
   * The id a server gets to see. The SDK takes a falsy id in a cancel for none, so `0` and `''`
   * travel under another name; it holds the session's key, which no client id can be expected to.
   */
  #innerId(id: RequestId): RequestId {
    return id === 0 || id === '' ? `${this.#host.key}:${id}` : id;
  }

  #dead(message: Message, reason: DeadLetterReason, code: RefusalCode): RefusalCode {
    this.#host.journal.deadLetter('in', message, reason);
    return code;
  }
}
