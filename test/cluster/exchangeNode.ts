import type { Clock } from '../../src/base/clock.ts';
import { Deadlines } from '../../src/base/deadlines.ts';
import type { Asked } from '../../src/cluster/asking.ts';
import type { Incarnation, Looked } from '../../src/cluster/engine.ts';
import type { Visit } from '../../src/cluster/follow.ts';
import type { Frame } from '../../src/cluster/frame.ts';
import { Ingress, type IngressHost, type IngressLimits } from '../../src/cluster/ingress.ts';
import type { Mail } from '../../src/cluster/mail.ts';
import { Tallies } from '../../src/cluster/tallies.ts';
import { Owner, type OwnerHost, type OwnerLimits } from '../../src/cluster/owner.ts';
import type { NotReady } from '../../src/cluster/servedExchange.ts';
import type { Forwarded } from '../../src/directory/whereabouts.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { rethrow } from '../support/rethrow.ts';
import type { Inbox, PostOffice } from './postOffice.ts';

/** A third of a lease. */
export const BEAT_MS = 1666;

/** What the nodes of a test agree on: who has which session, and whose leases last. */
export class Agreement {
  readonly owners = new Map<string, Incarnation>();
  /** Until when leases last. */
  readonly leases = new Map<Incarnation, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  leftMs(of: Incarnation): number {
    return Math.max((this.leases.get(of) ?? 0) - this.#clock.now(), 0);
  }

  look(print: string): Looked {
    const owner = this.owners.get(print);
    if (owner === undefined) return { is: 'free' };
    return { is: 'owned', owner, leftMs: this.leftMs(owner) };
  }
}

interface NodeOptions {
  readonly ingress?: IngressLimits;
  readonly owner?: OwnerLimits;
}

/** A node that forwards and serves. Sessions are named by their fingerprints. */
export class ExchangeNode implements IngressHost, OwnerHost {
  incarnation: Incarnation;
  readonly mail: Mail & { generation: number };
  readonly deadlines: Deadlines;
  readonly beatMs = BEAT_MS;
  readonly bodyLimits = { maxDepth: 64, maxElements: 1000 };
  isLive = true;
  hasRoom = true;
  readonly tallies = new Tallies();
  readonly ingress: Ingress;
  readonly owner: Owner;
  readonly inbox: Inbox;
  readonly refusals: string[] = [];
  readonly limits: string[] = [];
  /** How many times the engine was asked. */
  looks = 0;
  /** The engine can not be asked. */
  isAlone = false;
  /** Whoever was answered for a session of this node. */
  readonly visits: Visit[] = [];
  /** How many requests were begun. */
  readonly served: { readonly request: Forwarded; readonly port: ResponsePort }[] = [];
  onServe: (request: Forwarded, port: ResponsePort) => void = () => {};
  onReady: (session: string, takes: boolean) => Promise<'ready' | NotReady>;
  readonly #agreement: Agreement;
  readonly #clock: Clock;

  constructor(
    incarnation: Incarnation,
    clock: Clock,
    agreement: Agreement,
    office: PostOffice,
    options: NodeOptions = {},
  ) {
    this.incarnation = incarnation;
    this.#clock = clock;
    this.#agreement = agreement;
    agreement.leases.set(incarnation, Infinity);
    this.deadlines = new Deadlines(clock, rethrow);
    this.mail = office.mailOf(this);
    this.ingress = new Ingress(this, options.ingress);
    this.owner = new Owner(this, options.owner);
    this.onReady = async (session) => (this.isReady(session) ? 'ready' : { why: 'moved' });
    this.inbox = office.open(incarnation, (from, frame) => this.take(from, frame));
    this.inbox.onSunk = () => this.mail.generation++;
  }

  visited(visit: Visit): void {
    this.visits.push(visit);
  }

  take(from: Incarnation, frame: Frame): void {
    this.ingress.take(from, frame);
    this.owner.take(from, frame);
  }

  /** Has the owner of a session serve a request. */
  forward(asked: Partial<Asked> & Pick<Asked, 'request'>, port: ResponsePort): void {
    const session = asked.session ?? 's';
    this.ingress.forward(
      {
        owner: this.#agreement.owners.get(session) ?? 'nobody#0',
        session,
        print: session,
        takes: false,
        again: () => {
          throw new Error('again');
        },
        ...asked,
      },
      port,
    );
  }

  engineNow(): number {
    return this.#clock.now();
  }

  async look(print: string): Promise<Looked> {
    this.looks++;
    if (this.isAlone) throw new Error('alone');
    return this.#agreement.look(print);
  }

  async leftMs(of: Incarnation): Promise<number> {
    this.looks++;
    if (this.isAlone) throw new Error('alone');
    return this.#agreement.leftMs(of);
  }

  ready(session: string, takes: boolean): Promise<'ready' | NotReady> {
    return this.onReady(session, takes);
  }

  isReady(session: string): boolean {
    return this.#agreement.owners.get(session) === this.incarnation;
  }

  serve(request: Forwarded, port: ResponsePort): void {
    this.served.push({ request, port });
    this.onServe(request, port);
  }

  /** How many bytes requests hold that wait. */
  counted = 0;

  counts({ parcel }: Forwarded): (() => void) | undefined {
    const bytes = parcel?.weight ?? 0;
    this.counted += bytes;
    let isOver = false;
    return () => {
      if (!isOver) this.counted -= bytes;
      isOver = true;
    };
  }

  refused(code: string): void {
    this.refusals.push(code);
  }

  tripped(limit: string): void {
    this.limits.push(limit);
  }
}
