import type { DeadlineQueue, Deadlines } from '../base/deadlines.ts';
import type { Incarnation } from './engine.ts';
import type { ExchangeId, Frame, FrameOf } from './frame.ts';
import type { Visit } from './follow.ts';
import { ServedExchange, type ServedExchangeHost } from './servedExchange.ts';

/** How long an exchange is known after its end. */
const KNOWN_MS = 60_000;

/** Limits of what a node serves for others. */
export interface OwnerLimits {
  /** Exchanges of other nodes' clients at once. @default 4096 */
  readonly maxServed: number;
  /** What answers are kept to be said again, in characters. @default 16 MiB */
  readonly answersBytes: number;
}

export const OWNER_LIMITS: OwnerLimits = { maxServed: 4096, answersBytes: 16 * 1024 * 1024 };

/** What the owner needs of its node. */
export interface OwnerHost extends Omit<ServedExchangeHost, 'kept' | 'doubted' | 'over' | 'drop'> {
  readonly deadlines: Deadlines;
  /** How often a node looks at leases: a third of one, in whole milliseconds. */
  readonly beatMs: number;
  /** A limit was met. */
  tripped(limit: 'maxServed'): void;
  /** A client of another node was answered for a session. */
  visited(visit: Visit): void;
}

/** Serves what other nodes forward for sessions of this one. */
export class Owner {
  readonly #host: OwnerHost;
  readonly #limits: OwnerLimits;
  readonly #exchangeHost: ServedExchangeHost;
  readonly #known = new Map<ExchangeId, ServedExchange>();
  /** Exchanges that are not over. */
  readonly #served = new Set<ServedExchange>();
  /** How much of an answer is kept of each exchange, the oldest first. */
  readonly #answers = new Map<ServedExchange, number>();
  #answersSize = 0;
  readonly #ended: DeadlineQueue<ServedExchange>;
  readonly #doubted: DeadlineQueue<ServedExchange>;

  constructor(host: OwnerHost, limits = OWNER_LIMITS) {
    const { deadlines, beatMs } = host;
    this.#host = host;
    this.#limits = limits;
    this.#ended = deadlines.queue(KNOWN_MS, (exchange) => this.#forget(exchange));
    this.#doubted = deadlines.queue(beatMs, (exchange) => exchange.repeat());
    this.#exchangeHost = {
      mail: host.mail,
      bodyLimits: host.bodyLimits,
      tallies: host.tallies,
      get isLive() {
        return host.isLive;
      },
      engineNow: () => host.engineNow(),
      ready: (session, takes, isFollowUp, space) => host.ready(session, takes, isFollowUp, space),
      counts: (request) => host.counts(request),
      isReady: (session, isFollowUp, space) => host.isReady(session, isFollowUp, space),
      serve: (request, port) => host.serve(request, port),
      kept: (exchange, size) => this.#keep(exchange, size),
      doubted: (exchange) => {
        if (this.#known.get(exchange.id) === exchange) this.#doubted.arm(exchange);
      },
      over: (exchange) => this.#over(exchange),
      drop: (exchange) => this.#forget(exchange),
    };
  }

  /** How many exchanges of other nodes' clients are not over. */
  get size(): number {
    return this.#served.size;
  }

  /** Something is served for clients of a node. */
  serves(ingress: Incarnation): boolean {
    for (const exchange of this.#served) if (exchange.ingress === ingress) return true;
    return false;
  }

  /** Takes what an ingress says. Frames that are for others are left alone. */
  take(from: Incarnation, frame: Frame): void {
    if (frame.type === 'req') this.#request(from, frame);
    else if (frame.type === 'taken') this.#known.get(frame.id)?.took(frame.bytes);
    else if (frame.type === 'gone') this.#known.get(frame.id)?.left();
  }

  /** A node is gone, and its clients with it. */
  ended(ingress: Incarnation): void {
    for (const exchange of this.#known.values()) {
      if (exchange.ingress !== ingress) continue;
      this.#doubted.disarm(exchange);
      exchange.left();
    }
  }

  /** The node goes on as another incarnation: no ingress is to take it for gone. */
  renamed(): void {
    for (const exchange of this.#served) exchange.repeat();
  }

  #request(from: Incarnation, request: FrameOf<'req'>): void {
    const known = this.#known.get(request.id);
    if (known !== undefined) return known.repeat(from);
    const { isLive, mail } = this.#host;
    if (request.isHeard) return void mail.post(from, { type: 'lost', id: request.id });
    if (this.#host.engineNow() > request.until) return;
    const exchange = new ServedExchange(request, from, this.#exchangeHost);
    this.#known.set(request.id, exchange);
    if (!isLive) return exchange.refuse('suspended');
    if (this.#served.size >= this.#limits.maxServed) {
      this.#host.tripped('maxServed');
      return exchange.refuse('busy');
    }
    this.#served.add(exchange);
    void exchange.begin(request);
  }

  #keep(exchange: ServedExchange, size: number): void {
    this.#answers.set(exchange, size);
    this.#answersSize += size;
    for (const [oldest] of this.#answers) {
      if (this.#answersSize <= this.#limits.answersBytes) return;
      this.#letGo(oldest);
    }
  }

  #letGo(exchange: ServedExchange): void {
    exchange.forgetAnswer();
    this.#answersSize -= this.#answers.get(exchange) ?? 0;
    this.#answers.delete(exchange);
  }

  #over(exchange: ServedExchange): void {
    this.#served.delete(exchange);
    this.#ended.arm(exchange);
    const { visit } = exchange;
    if (visit !== undefined) this.#host.visited(visit);
  }

  #forget(exchange: ServedExchange): void {
    this.#known.delete(exchange.id);
    this.#served.delete(exchange);
    this.#doubted.disarm(exchange);
    this.#ended.disarm(exchange);
    this.#letGo(exchange);
  }
}
