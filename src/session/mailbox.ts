import { CallRate } from '../base/callRate.ts';
import type { Limits } from '../base/limits.ts';
import type { Arrival } from '../../machines/session.ts';
import type { DeadLetterReason } from '../events/events.ts';
import {
  isFollowUp,
  isRequest,
  isRequestId,
  isResponse,
  type Message,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from '../wire/jsonrpc.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { relabel } from '../wire/verbatim.ts';
import { Asks, type AsksHost, type AsksOwner } from './asks.ts';
import { Arrivals, type ArrivalsHost } from './arrivals.ts';
import type { Ask, Envelope } from './envelope.ts';
import type { Extra } from './exchange.ts';
import { handleWithin } from './requestEvents.ts';
import { QueueAccount } from './queueAccount.ts';

/** What a mailbox needs of its session. */
export interface MailboxHost extends AsksHost, ArrivalsHost {
  readonly principal: string | undefined;
  readonly arrival: Arrival;
  /** The session ends, and its work in flight may finish. */
  readonly isSettling: boolean;
  /** Takes the session out of idle. @returns what is done with arrivals from here on */
  activate(): Arrival;
  /** Hands a message to the current server of the session. */
  deliver(message: Message, delivery: Extra | undefined): void;
  /** The questions the server has put to its client. */
  readonly outgoing: {
    /** Takes a client's answer, progress or withdrawal about a question of the server. */
    receive(message: ResponseMessage | NotificationMessage): void;
    /** The method of an open question; `undefined` where the id names none. */
    asked(id: RequestId): string | undefined;
  };
  /** The last reference is gone: nothing is in flight and nothing waits. */
  drained(): void;
}

/**
 * The inbound mailbox of one session: it admits, orders, counts and dispatches.
 *
 * Order of dispatch is order of arrival (law 2): one stash while there is no server, one queue
 * while all handlers are taken, and nothing overtakes what waits in them but the control lane:
 * cancels, answers and progress (law 3). Completion is free.
 */
export class Mailbox implements AsksOwner {
  readonly #host: MailboxHost;
  /** Made on first use and dropped when the session comes to rest, as are the three below. */
  #asks: Asks | null = null;
  #waiting: Envelope[] | null = null;
  #arrivals: Arrivals | null = null;
  /** Calls within a minute; made with the first, where they are bounded. */
  #rate: CallRate | null = null;
  #account: QueueAccount | null = null;
  #touched = false;

  constructor(host: MailboxHost) {
    this.#host = host;
  }

  /** How much work pins the session: requests not answered, messages not dispatched. */
  get references(): number {
    return (this.#asks?.size ?? 0) + (this.#waiting?.length ?? 0);
  }

  get inFlight(): number {
    return this.#asks?.size ?? 0;
  }

  /** How many messages wait for a server or for a free handler. */
  get waiting(): number {
    return this.#waiting?.length ?? 0;
  }

  /** The bytes that the session holds. */
  get account(): QueueAccount {
    this.#account ??= new QueueAccount(this.#host);
    return this.#account;
  }

  /** Requests accepted and not yet answered, oldest first. */
  asks(): Iterable<Ask> {
    return this.#asks?.values() ?? [];
  }

  /** Whether the client used the session since the last call. */
  takeTouched(): boolean {
    const touched = this.#touched;
    this.#touched = false;
    return touched;
  }

  /** The session comes to rest: what is empty in the mailbox is dropped. */
  rest(): void {
    if (this.#arrivals?.isEmpty === true) this.#arrivals = null;
    if (this.references > 0) return;
    this.#asks = null;
    this.#waiting = null;
    if (this.#account?.isEmpty === true) this.#account = null;
  }

  /** The open request that a server knows by an id. */
  find(innerId: RequestId): Ask | undefined {
    return this.#asks?.find(innerId);
  }

  /** The server's id of the one request in flight; `undefined` where there is none, or several. */
  get only(): RequestId | undefined {
    return this.#asks?.only;
  }

  /** The head of a POST is here, not yet its body. @returns a number, for {@link uploaded} */
  upload(): number {
    this.#arrivals ??= new Arrivals(this.#host);
    return this.#arrivals.upload();
  }

  /**
   * Counts bytes of a body on its way that have come, or with a minus do not count any more.
   *
   * @param own how much has come of that body
   * @returns `false`: more than `maxQueueBytes` of several bodies is on its way
   */
  uploading(bytes: number, own: number): boolean {
    return this.#arrivals?.uploading(bytes, own) ?? true;
  }

  /** The body of a POST was handled, or never will be. */
  uploaded(number: number): void {
    this.#arrivals?.uploaded(number);
  }

  /** The bodies of some POSTs are still on their way. */
  get isUploading(): boolean {
    return this.#arrivals?.isUploading === true;
  }

  /**
   * Takes a message in, or returns why the message is refused. A refused request is not answered
   * here; a refused notification or answer is a dead letter (laws 4 and 5).
   */
  accept(envelope: Envelope): RefusalCode | undefined {
    const { message, bytes } = envelope;
    const host = this.#host;
    let { arrival } = host;
    // A ping, or the answer to one, asks whether the peer is there; it keeps no session awake.
    if (!this.isPing(message)) this.#touched = true;
    else if (arrival === 'activate') return this.#pong(message, envelope);
    // Activating may end the session: there may be no place for its server.
    if (arrival === 'activate') arrival = host.activate();
    // What work in flight waits for is let in, or that work could not finish.
    const isRefused = arrival === 'refuse' && !(host.isSettling && isFollowUp(message));
    if (isRefused) return this.#dead(message, 'closed', 'session-not-found');
    if (!('method' in message)) {
      host.journal.saw('in', 'response', undefined, bytes, message);
      host.outgoing.receive(message);
      return undefined;
    }
    if ('id' in message) {
      host.journal.saw('in', 'request', message, bytes, message);
      return this.#ask(message, envelope, arrival);
    }
    const { method } = message;
    host.journal.saw('in', 'notification', message, bytes, message);
    if (method === 'notifications/cancelled') return this.#cancel(message, envelope);
    if (method === 'notifications/progress') host.outgoing.receive(message);
    else if (!this.#enqueue(envelope, arrival)) return this.#dead(message, 'full', 'session-busy');
    return undefined;
  }

  /** Refuses a message of a session without a place: a dead letter, unless a request (law 5). */
  refuse<C extends RefusalCode>(message: Message, code: C): C {
    const reason = code === 'draining' ? 'closed' : 'full';
    if (!isRequest(message)) this.#host.journal.deadLetter('in', message, reason);
    return code;
  }

  /** Whether a message is a ping, or the answer to one. */
  isPing(message: Message): boolean {
    if (!('method' in message)) return this.#host.outgoing.asked(message.id) === 'ping';
    return message.method === 'ping' && 'id' in message;
  }

  /** Dispatches waiting messages in order of arrival, as far as state and `concurrency` allow. */
  dispatch(): void {
    this.#asks?.resume();
    const waiting = this.#waiting ?? [];
    if (waiting.length === 0) return;
    const held = this.#host.world.heldUp();
    // Another process may begin, or have begun, what a client has sent since: what is lost is cut.
    if (held !== undefined) return this.#host.later(held, () => this.dispatch());
    while (waiting.length > 0 && this.#host.arrival === 'dispatch') {
      const next = waiting[0]!;
      if (isRequest(next.message) && this.#asks?.hasHandler === false) return;
      waiting.shift();
      this.#leaves(next);
      this.#deliver(next);
    }
  }

  /** Dispatches the first waiting message: all that a server without a handshake takes. */
  dispatchFirst(): void {
    const first = this.#waiting?.shift();
    if (first === undefined) return;
    this.#leaves(first);
    this.#deliver(first);
  }

  /** A request is withdrawn from inside: its handler is stopped, and nobody waits for an answer. */
  withdraw(innerId: RequestId, params?: NotificationMessage['params'], delivery?: Extra): void {
    const ask = this.find(innerId);
    if (ask === undefined) return;
    if (ask.running) {
      const method = 'notifications/cancelled';
      const cancel = { jsonrpc: '2.0', method, params: { ...params, requestId: innerId } } as const;
      this.#host.deliver(cancel, delivery);
    } else {
      this.#waiting = (this.#waiting ?? []).filter(({ message }) => message !== ask.message);
    }
    this.#asks?.cancel(innerId, ask);
  }

  /** Requests whose handlers may wait for their clients, without a place of `concurrency`. */
  get parking(): Pick<Asks, 'park' | 'unpark'> | null {
    return this.#asks;
  }

  /** The server answered a request. */
  settle(response: ResponseMessage): void {
    if (this.#asks !== null) this.#asks.settle(response);
    else this.#host.journal.deadLetter('out', response, 'late');
  }

  /** Answers requests with an error, and drops waiting notifications. @returns how many requests */
  cut(
    code: RefusalCode,
    which: 'all' | 'waiting' | 'running',
    data?: Record<string, unknown>,
  ): number {
    if (which !== 'running') {
      for (const envelope of this.#waiting?.splice(0) ?? []) {
        const { message } = envelope;
        this.#leaves(envelope);
        if (!isRequest(message)) this.#host.journal.deadLetter('in', message, 'closed');
      }
    }
    const count = this.#asks?.cut(code, which, data) ?? 0;
    this.next();
    return count;
  }

  #pong(message: Message, { exchange, bytes }: Envelope): undefined {
    if (!isRequest(message)) {
      if (isResponse(message)) this.#host.outgoing.receive(message);
      return;
    }
    const { journal } = this.#host;
    const json = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: {} });
    journal.saw('in', 'request', message, bytes, message);
    journal.saw('out', 'response', message, json.length, json);
    exchange?.answer(json);
  }

  #ask(message: RequestMessage, envelope: Envelope, arrival: Arrival): RefusalCode | undefined {
    const wasCancelled = this.#arrivals?.wasCancelled(message.id, envelope.upload);
    if (wasCancelled === true && message.method !== 'initialize') {
      envelope.exchange?.cancelled();
      return undefined;
    }
    const limit = this.#overRate(message);
    if (limit !== undefined) {
      this.#host.journal.tripped(limit);
      return 'rate-limited';
    }
    const innerId = this.#innerId(message.id);
    this.#asks ??= new Asks(this.#host, this);
    const ask = this.#asks.begin(innerId, envelope);
    if (typeof ask === 'string') return ask;
    if (this.#enqueue(envelope, arrival)) return undefined;
    this.#asks.refuse(innerId, ask);
    return 'session-busy';
  }

  /** The limit on calls in a minute that a request is over. */
  #overRate({ method }: RequestMessage): keyof Limits | undefined {
    const { principalAccount, services } = this.#host;
    // A session is admitted for its `initialize`; pings say that somebody is there.
    if (method === 'initialize' || method === 'ping') return undefined;
    const { maxCallsPerMinute } = services.limits;
    if (maxCallsPerMinute === Infinity && principalAccount.rate === null) return undefined;
    const now = services.clock.now();
    if (maxCallsPerMinute !== Infinity) {
      this.#rate ??= new CallRate(maxCallsPerMinute);
      if (this.#rate.take(now) > 0) return 'maxCallsPerMinute';
    }
    return (principalAccount.rate?.take(now) ?? 0) > 0
      ? 'maxCallsPerMinutePerPrincipal'
      : undefined;
  }

  /** Dispatches a message at once if nothing has to wait; `false` without room to wait. */
  #enqueue(envelope: Envelope, arrival: Arrival): boolean {
    const isFree = !('id' in envelope.message) || this.#asks?.hasHandler !== false;
    if (arrival === 'dispatch' && this.waiting === 0 && isFree) {
      this.#deliver(envelope);
      return true;
    }
    const { journal, principalAccount, services } = this.#host;
    this.#waiting ??= [];
    if (this.#waiting.length >= services.limits.maxQueue) {
      journal.tripped('maxQueue');
      return false;
    }
    // A request has been counted by then, for as long as it is not answered.
    if (!isRequest(envelope.message)) {
      if (principalAccount.work >= principalAccount.maxWork) {
        journal.tripped('maxInFlightPerPrincipal');
        return false;
      }
      if (!this.account.take(envelope.weight)) return false;
      principalAccount.work++;
    }
    this.#waiting.push(envelope);
    journal.high(arrival === 'stash' ? 'stash' : 'queue', this.#waiting.length);
    return true;
  }

  /** A message does not wait any more. */
  #leaves({ message, weight }: Envelope): void {
    if (isRequest(message)) return;
    this.account.give(weight);
    this.#host.principalAccount.work--;
  }

  #deliver({ message, delivery }: Envelope): void {
    if (!('method' in message && 'id' in message)) {
      this.#host.deliver(message, delivery);
      return;
    }
    const innerId = this.#innerId(message.id);
    const ask = this.#asks?.find(innerId);
    if (ask === undefined) return;
    this.#asks?.run(ask);
    const inner = innerId === message.id ? message : relabel(message, innerId);
    const within = ask.watched?.within ?? null;
    if (within === null) this.#host.deliver(inner, delivery);
    else handleWithin(within, () => this.#host.deliver(inner, delivery), this.#host.services);
  }

  /** A cancel stops a waiting or running request, and never overtakes it (row C2, law 3). */
  #cancel(message: NotificationMessage, { delivery, upload }: Envelope): undefined {
    const id = message.params?.['requestId'];
    const innerId =
      typeof id === 'string' || typeof id === 'number' ? this.#innerId(id) : undefined;
    const ask = innerId === undefined ? undefined : this.find(innerId);
    if (ask === undefined && isRequestId(id)) {
      this.#arrivals ??= new Arrivals(this.#host);
      if (this.#arrivals.hold(id, message, upload)) return;
    }
    // `initialize` can not be cancelled (row C1); a request that is answered needs no cancel.
    if (ask === undefined || innerId === undefined || ask.message.method === 'initialize') {
      const isLate = innerId !== undefined && ask === undefined;
      this.#host.journal.deadLetter('in', message, isLate ? 'late' : 'malformed');
      return;
    }
    this.withdraw(innerId, message.params, delivery);
  }

  /** A request is over: a waiting message may have its turn. */
  next(): void {
    const isIdle = this.references === 0;
    if (!isIdle && (this.waiting > 0 || this.#asks?.isResuming === true)) this.dispatch();
    if (isIdle || this.references === 0) this.#host.drained();
  }

  /**
   * The id under which a server sees a request. The SDK takes a falsy id in a cancel for none, so
   * `0` and `''` travel under another name; that name holds the session's key, which no client id
   * can be expected to.
   */
  #innerId(id: RequestId): RequestId {
    return id === 0 || id === '' ? `${this.#host.key}:${id}` : id;
  }

  #dead(message: Message, reason: DeadLetterReason, code: RefusalCode): RefusalCode {
    this.#host.journal.deadLetter('in', message, reason);
    return code;
  }
}
