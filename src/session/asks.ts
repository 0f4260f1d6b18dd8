import type { PrincipalAccount } from '../actor/principalAccount.ts';
import type { Journal } from '../events/journal.ts';
import type { RequestId, RequestMessage, ResponseMessage } from '../wire/jsonrpc.ts';
import { refusal, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import { relabel, texts } from '../wire/verbatim.ts';
import type { Ask, Envelope } from './envelope.ts';
import type { QueueAccount } from './queueAccount.ts';
import { announceBegan, announceSettled, outcomeOf, type RequestSource } from './requestEvents.ts';

/** What the requests of a session need of the session. */
export interface AsksHost extends RequestSource {
  readonly journal: Journal;
  /** Most requests in flight of the session. */
  readonly maxInFlight: number;
  /** Counts the work of all sessions of the principal. */
  readonly principalAccount: Pick<PrincipalAccount, 'maxWork' | 'rate' | 'work'>;
  /** Stores the session; `null` where no durable store keeps the session. */
  readonly persistence: {
    /** What an answer waits for in the store. Resolves to why the answer must not be given. */
    beforeAnswer(ask: Ask, response: ResponseMessage): Promise<RefusalCode | undefined> | undefined;
  } | null;
  /** Goes on when a promise is fulfilled; what throws then is a crash of the session. */
  later<T>(promise: Promise<T>, go: (value: T) => void): void;
  /** A request was answered; without a `response`, cancelled or cut. */
  answered(ask: Ask, response: ResponseMessage | undefined): void;
}

/** Hears from the requests of a session: its mailbox. */
export interface AsksOwner {
  /** The bytes that the session holds. */
  readonly account: QueueAccount;
  /** A request is over: a waiting message may have its turn. */
  next(): void;
}

/**
 * The requests of one session that are accepted and not yet answered. Each is settled exactly once:
 * by its answer, by one error, or by a cancel (law 6).
 */
export class Asks {
  readonly #host: AsksHost;
  readonly #owner: AsksOwner;
  readonly #account: QueueAccount;
  readonly #open = new SmallMap<RequestId, Ask>();
  /** How many requests the server has and has not answered, those parked left out. */
  running = 0;
  #resuming: { readonly innerId: RequestId; readonly go: () => void }[] | null = null;

  constructor(host: AsksHost, owner: AsksOwner) {
    this.#host = host;
    this.#owner = owner;
    this.#account = owner.account;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The open requests, oldest first. */
  values(): Iterable<Ask> {
    return this.#open.values();
  }

  /** The id under which the server knows the one open request; `undefined`: there is not one. */
  get only(): RequestId | undefined {
    return this.#open.size === 1 ? this.#open.firstKey : undefined;
  }

  find(innerId: RequestId): Ask | undefined {
    return this.#open.get(innerId);
  }

  /** Takes a request in, or returns why the request is refused. */
  begin(innerId: RequestId, { message, exchange, weight }: Envelope): Ask | RefusalCode {
    if (this.#open.has(innerId)) return 'duplicate-request-id';
    const { journal, principalAccount, services } = this.#host;
    if (this.#open.size >= this.#host.maxInFlight) {
      journal.tripped('maxInFlight');
      return 'session-busy';
    }
    // A session is admitted for its `initialize`, which would wait for ever if it were refused.
    if ('method' in message && message.method === 'initialize') this.#account.add(weight);
    else if (principalAccount.work >= principalAccount.maxWork) {
      journal.tripped('maxInFlightPerPrincipal');
      return 'session-busy';
    } else if (!this.#account.take(weight)) return 'session-busy';
    principalAccount.work++;
    const ask: Ask = {
      message: message as RequestMessage,
      exchange: exchange!,
      weight,
      since: services.clock.now(),
      running: false,
      isHeld: false,
      isParked: false,
      watched: null,
    };
    this.#open.set(innerId, ask);
    const { highWater } = services.counters;
    if (this.#open.size > highWater.inFlight) highWater.inFlight = this.#open.size;
    // A listener hears of the request before the server does.
    if (services.events.watchesRequests) announceBegan(this.#host, ask);
    return ask;
  }

  /** Takes back a request that was taken in and then found no room to wait. */
  refuse(innerId: RequestId, ask: Ask): void {
    this.#remove(innerId, ask);
    announceSettled(this.#host, ask, 'refused', REFUSALS['session-busy'].rpcCode);
  }

  /** The server has a request from here on. */
  run(ask: Ask): void {
    ask.running = true;
    this.running++;
  }

  /** The server answered a request: settles the exchange, once. */
  settle(response: ResponseMessage): void {
    const ask = this.#open.get(response.id);
    if (ask === undefined || ask.isHeld) {
      // The request was cancelled or cut: its client already has the outcome (law 8).
      this.#host.journal.deadLetter('out', response, 'late');
      return;
    }
    if (ask.exchange.goesOn?.(response) === true) return;
    const held = this.#host.persistence?.beforeAnswer(ask, response);
    if (held !== undefined) {
      ask.isHeld = true;
      this.#host.later(held, (refused) => this.#release(ask, response, refused));
      return;
    }
    this.#settle(ask, response);
  }

  cancel(innerId: RequestId, ask: Ask): void {
    this.#remove(innerId, ask);
    ask.exchange.cancelled();
    this.#host.answered(ask, undefined);
    announceSettled(this.#host, ask, 'cancelled');
    this.#owner.next();
  }

  /** Answers open requests with one error each. @returns how many */
  cut(
    code: RefusalCode,
    which: 'all' | 'waiting' | 'running',
    data?: Record<string, unknown>,
  ): number {
    let count = 0;
    for (const [innerId, ask] of this.#open) {
      if (which !== 'all' && ask.running !== (which === 'running')) continue;
      this.#remove(innerId, ask);
      ask.exchange.answer(encodedRefusal(ask, code, data), true);
      this.#host.answered(ask, undefined);
      announceSettled(this.#host, ask, 'cut', REFUSALS[code].rpcCode);
      count++;
    }
    return count;
  }

  /** An answer's wait for the store is over. @param refused why the answer is not given */
  #release(ask: Ask, response: ResponseMessage, refused: RefusalCode | undefined): void {
    // The request was cancelled or cut during the wait: its client already has the outcome.
    if (this.#open.get(response.id) !== ask) return;
    if (refused === undefined) return this.#settle(ask, response);
    this.#remove(response.id, ask);
    this.#refused(refused, ask);
  }

  #settle(ask: Ask, response: ResponseMessage): void {
    this.#remove(response.id, ask);
    const { id } = ask.message;
    let json: string;
    try {
      const named = id === response.id ? response : relabel(response, id);
      json = ask.exchange.encode?.(response) ?? texts.get(named) ?? JSON.stringify(named);
    } catch (error) {
      // JSON can not express the response: the client gets an error, and the server hears why.
      this.#refused('internal-error', ask);
      throw error;
    }
    this.#answer(ask, json, response);
  }

  #refused(code: RefusalCode, ask: Ask): void {
    this.#answer(ask, encodedRefusal(ask, code), refusal(code, ask.message.id));
  }

  #answer(ask: Ask, json: string, response: ResponseMessage): void {
    const { journal } = this.#host;
    journal.saw('out', 'response', ask.message, json.length, json);
    const isError = response.error !== undefined;
    if (!ask.exchange.answer(json, isError)) {
      journal.deadLetter('out', response, 'closed');
    }
    this.#host.answered(ask, response);
    if (ask.watched !== null) {
      announceSettled(this.#host, ask, outcomeOf(response), response.error?.code);
    }
    this.#owner.next();
  }

  /** One more handler may run. */
  get hasHandler(): boolean {
    return this.running < this.#host.services.limits.concurrency;
  }

  /** The handler of a request waits for its client: another request may have its place. */
  park(innerId: RequestId): void {
    const ask = this.#open.get(innerId);
    if (ask?.running !== true || ask.isParked) return;
    ask.isParked = true;
    this.running--;
    this.#owner.next();
  }

  /** A request goes on: `go` runs as soon as there is a place for its handler, if it has none. */
  unpark(innerId: RequestId, go: () => void): void {
    const ask = this.#open.get(innerId);
    if (ask?.isParked === false) return go();
    if (ask === undefined) return;
    this.#resuming ??= [];
    this.#resuming.push({ innerId, go });
    this.resume();
  }

  /** Parked requests wait for a place. */
  get isResuming(): boolean {
    return this.#resuming !== null;
  }

  /** Lets parked requests go on, as far as there are places for their handlers. */
  resume(): void {
    while (this.#resuming !== null && this.hasHandler) {
      const next = this.#resuming.shift();
      if (this.#resuming.length === 0) this.#resuming = null;
      const ask = next === undefined ? undefined : this.#open.get(next.innerId);
      // A request may have been withdrawn while it waited.
      if (next === undefined || ask?.isParked !== true) continue;
      ask.isParked = false;
      this.running++;
      next.go();
    }
  }

  #remove(innerId: RequestId, ask: Ask): void {
    this.#open.delete(innerId);
    this.#account.give(ask.weight);
    this.#host.principalAccount.work--;
    if (ask.running && !ask.isParked) this.running--;
  }
}

/** The text of an error for a request, in the form that its exchange has for answers. */
function encodedRefusal(ask: Ask, code: RefusalCode, data?: Record<string, unknown>): string {
  const response = refusal(code, ask.message.id, data);
  return ask.exchange.encode?.(response) ?? JSON.stringify(response);
}

/**
 * A map that has one entry most of the time, in the order of adding. A `Map` that is emptied as often
 * as it is filled makes its table anew each time: only a second entry needs one here.
 */
export class SmallMap<K extends string | number, V> {
  /** Added before all that is in the table. */
  #key: K | undefined;
  #value: V | undefined;
  #table: Map<K, V> | null = null;

  get size(): number {
    return (this.#key === undefined ? 0 : 1) + (this.#table?.size ?? 0);
  }

  get(key: K): V | undefined {
    return key === this.#key ? this.#value : this.#table?.get(key);
  }

  has(key: K): boolean {
    return key === this.#key || this.#table?.has(key) === true;
  }

  set(key: K, value: V): void {
    if (key === this.#key) this.#value = value;
    else if (this.#key === undefined && this.#table === null) {
      this.#key = key;
      this.#value = value;
    } else (this.#table ??= new Map()).set(key, value);
  }

  delete(key: K): void {
    if (key === this.#key) {
      this.#key = undefined;
      this.#value = undefined;
    } else if (this.#table?.delete(key) === true && this.#table.size === 0) this.#table = null;
  }

  /** The key of the entry added first. */
  get firstKey(): K | undefined {
    return this.#key ?? this.#table?.keys().next().value;
  }

  *[Symbol.iterator](): Generator<[K, V]> {
    if (this.#key !== undefined) yield [this.#key, this.#value as V];
    if (this.#table !== null) yield* this.#table;
  }

  *values(): Generator<V> {
    for (const [, value] of this) yield value;
  }
}
