import type { DeadlineQueue } from '../base/deadlines.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { Asked } from './asking.ts';
import { refuseAll } from './clientErrors.ts';
import { ContinuedPort } from './continuedPort.ts';
import type { Incarnation } from './engine.ts';
import type { ExchangeId, Frame } from './frame.ts';
import { Echo } from './echo.ts';
import { Lookout, type LookoutHost } from './lookout.ts';
import type { RemoteNode } from './remoteNode.ts';
import { OwnerWatch, type OwnerWatchHost } from './ownerWatch.ts';
import { Patience } from './patience.ts';
import type { OwnerFrame } from './remotePort.ts';
import { RemoteExchange, type RemoteExchangeHost, SILENCE_MS } from './remoteExchange.ts';
import type { Tallies } from './tallies.ts';

/** How soon a client that is behind is looked at again. */
const CREDIT_MS = 100;
/** How soon an owner hears of the last bytes that a client has taken. */
const LAST_CREDIT_MS = 1000;
/** Bytes from which an owner is told soon. */
const MUCH_BYTES = 64 * 1024;

const OF_OWNERS: ReadonlySet<string> = new Set<OwnerFrame['type']>([
  'ack',
  'nak',
  'lost',
  'send',
  'open',
  'more',
  'end',
  'cut',
]);

/** Limits of what a node forwards. */
export interface IngressLimits {
  /** Exchanges with other nodes at once. @default 10 000 */
  readonly maxForwards: number;
  /** The same, of one session. @default 256 */
  readonly maxForwardsPerSession: number;
  /** How long a request may wait for a node to begin it. @default 30 s */
  readonly forwardTimeoutMs: number;
}

export const INGRESS_LIMITS: IngressLimits = {
  maxForwards: 10_000,
  maxForwardsPerSession: 256,
  forwardTimeoutMs: 30_000,
};

/** What the ingress needs of its node. */
export interface IngressHost extends RemoteNode, LookoutHost, OwnerWatchHost {
  readonly tallies: Pick<Tallies, 'forwarded' | 'resumed'>;
  /** A limit was met. */
  tripped(limit: 'maxForwards' | 'maxForwardsPerSession'): void;
}

/** Forwards the requests of a node's clients to the nodes that have their sessions. */
export class Ingress implements RemoteExchangeHost {
  readonly echo: Echo;
  readonly lookout: Lookout;
  readonly watch: OwnerWatch;
  readonly silence: DeadlineQueue<RemoteExchange>;
  readonly node: IngressHost;
  readonly #limits: IngressLimits;
  /** By what their owners call them: also those whose clients have not read all yet. */
  readonly #exchanges = new Map<ExchangeId, RemoteExchange>();
  /** Exchanges that are not settled, each with what ends the count of its bytes. */
  readonly #open = new Map<RemoteExchange, () => void>();
  /** Responses of requests that were sent on: all but open streams. */
  readonly #unanswered = new Set<ResponsePort>();
  /** Told of each of them that is over. */
  readonly #watchers = new Set<() => void>();
  readonly #perSession = new Map<string, number>();
  /** A request that goes another way is the same request: its port is its own. */
  readonly #patience = new WeakMap<ResponsePort, Patience>();
  readonly #behind: DeadlineQueue<RemoteExchange>;
  readonly #untold: DeadlineQueue<RemoteExchange>;
  #count = 0;

  constructor(host: IngressHost, limits = INGRESS_LIMITS) {
    const { deadlines } = host;
    this.node = host;
    this.#limits = limits;
    this.echo = new Echo(host);
    this.lookout = new Lookout(host);
    this.watch = new OwnerWatch(host);
    this.silence = deadlines.queue(SILENCE_MS, (exchange) => exchange.silent());
    this.#behind = deadlines.queue(CREDIT_MS, (exchange) => this.#credit(exchange));
    this.#untold = deadlines.queue(LAST_CREDIT_MS, (exchange) => this.#credit(exchange, 1));
  }

  /** How many exchanges with other nodes are not settled. */
  get size(): number {
    return this.#open.size;
  }

  /** Has another node answer a request. The port is answered whatever happens, once. */
  forward(asked: Asked, port: ResponsePort): void {
    const { maxForwards, maxForwardsPerSession, forwardTimeoutMs } = this.#limits;
    const own = this.#perSession.get(asked.session) ?? 0;
    const isFull = this.#open.size >= maxForwards;
    if (isFull || own >= maxForwardsPerSession) {
      this.node.tripped(isFull ? 'maxForwards' : 'maxForwardsPerSession');
      this.node.refused('session-busy');
      return refuseAll(port, 'session-busy', asked.request);
    }
    const end = this.node.counts(asked.request);
    if (end === undefined) {
      this.node.refused('session-busy');
      return refuseAll(port, 'session-busy', asked.request);
    }
    let patience = this.#patience.get(port);
    if (patience === undefined) {
      patience = new Patience(this.node.deadlines.now() + forwardTimeoutMs);
      this.#patience.set(port, patience);
      // A stream that is resumed is no request of its client's.
      if (!(port instanceof ContinuedPort)) this.node.tallies.forwarded++;
    }
    const exchange = new RemoteExchange(asked, port, patience, this);
    this.#open.set(exchange, end);
    this.#perSession.set(asked.session, own + 1);
    this.#waits(port, asked.request);
    exchange.begin();
  }

  /** Takes what an owner says, and what the node says to itself. Frames that are for others are left alone. */
  take(from: Incarnation, frame: Frame): void {
    if (frame.type === 'released') return this.lookout.released(frame.print);
    if (frame.type === 'ping' && from === this.node.incarnation) return this.echo.take(frame.n);
    if (!isOfOwner(frame)) return;
    const { type, id } = frame;
    const exchange = this.#exchanges.get(id);
    if (exchange !== undefined) return exchange.take(from, frame);
    const goesOn = type === 'ack' || type === 'open' || type === 'more';
    if (goesOn) void this.node.mail.post(from, { type: 'gone', id });
  }

  /**
   * Resolves when every request is answered that is no open stream, at the latest after `withinMs`
   * milliseconds.
   */
  answered(withinMs: number): Promise<void> {
    if (this.#unanswered.size === 0) return Promise.resolve();
    const { deadlines } = this.node;
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#unanswered.size > 0) return;
        deadlines.cancel(late);
        end();
      };
      const end = (): void => {
        this.#watchers.delete(look);
        resolve();
      };
      const late = deadlines.at(deadlines.now() + withinMs, end);
      this.#watchers.add(look);
    });
  }

  /** A request waits for its answer, whichever way it goes until then. */
  #waits(port: ResponsePort, { origin }: Asked['request']): void {
    if (origin.head.method === 'GET' || this.#unanswered.has(port)) return;
    this.#unanswered.add(port);
    port.whenGone(() => {
      this.#unanswered.delete(port);
      for (const look of this.#watchers) look();
    });
  }

  /** The node leaves: every client is answered, or comes back to another node. */
  close(): void {
    for (const exchange of this.#open.keys()) exchange.close();
  }

  continued(port: ResponsePort, asked: Asked['request']): ResponsePort {
    this.node.tallies.resumed++;
    return ContinuedPort.of(port, asked, () => this.node.refused('session-moved'));
  }

  name(exchange: RemoteExchange, before: ExchangeId | undefined): ExchangeId {
    if (before !== undefined) this.#exchanges.delete(before);
    const id = `${this.node.incarnation}/${++this.#count}`;
    this.#exchanges.set(id, exchange);
    return id;
  }

  given(exchange: RemoteExchange): void {
    exchange.credit();
    const { untold } = exchange;
    if (untold === 0) return;
    if (untold >= MUCH_BYTES) this.#behind.arm(exchange);
    else if (this.#untold.armedAt(exchange) === undefined) this.#untold.arm(exchange);
  }

  settled(exchange: RemoteExchange): void {
    const end = this.#open.get(exchange);
    if (end === undefined) return;
    this.#open.delete(exchange);
    end();
    const { session } = exchange.asked;
    const own = this.#perSession.get(session)! - 1;
    if (own > 0) this.#perSession.set(session, own);
    else this.#perSession.delete(session);
  }

  forget(exchange: RemoteExchange, id: ExchangeId): void {
    this.#exchanges.delete(id);
    this.#behind.disarm(exchange);
    this.#untold.disarm(exchange);
  }

  #credit(exchange: RemoteExchange, least?: number): void {
    exchange.credit(least);
    this.given(exchange);
  }
}

function isOfOwner(frame: Frame): frame is OwnerFrame {
  return OF_OWNERS.has(frame.type);
}
