import type { EndReason } from '../../machines/session.ts';
import {
  nextSupervisorState,
  supervisorAt,
  type SupervisorEvent,
} from '../../machines/supervisor.ts';
import { atOnce } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import { idOnNode } from '../base/ids.ts';
import type { ClientName } from '../events/events.ts';
import type { Services } from '../events/services.ts';
import type { Actor, NoPlace, Parent } from './actor.ts';
import type { CrashPolicy } from './intensity.ts';
import { Lifetimes } from './lifetimes.ts';
import { Places } from './places.ts';
import { PrincipalAccounts } from './principalAccount.ts';
import { type Lost, type Reservation, Reservations } from './reservations.ts';
import { Tombstones } from './tombstones.ts';

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** What `drain()` did. Times are in milliseconds. */
export interface DrainReport {
  /** Sessions in this process when the drain began. */
  readonly sessions: number;
  /** Requests in flight that got their own answer. */
  readonly settled: number;
  /** Requests in flight that were cut at the deadline and got an error. */
  readonly cut: number;
  /** Sessions that a durable store has kept for the next process. */
  readonly kept: number;
  /** Of these, sessions that lose a `sessionLocal` the store can not keep: `session.unstorable`. */
  readonly incomplete: number;
  readonly ms: number;
}

export interface SupervisorOptions {
  readonly onCrash: CrashPolicy;
  /** Mints the ids of actors. */
  readonly createId: () => string;
  /** This process, in the ids of actors whose clients can be routed by them. */
  readonly node?: string;
  /** Actors of all anonymous callers together. @default Infinity */
  readonly maxAnonymous?: number;
}

/**
 * The owner of all actors of a runtime; it never ends before the runtime. An actor that fails is
 * buried, and no other notices.
 */
export class Supervisor<A extends Actor> implements Parent {
  readonly services: Services;
  readonly lifetimes: Lifetimes;
  readonly accounts: PrincipalAccounts;
  readonly onCrash: CrashPolicy;
  /** Why the last actors ended: what is left of them. */
  readonly tombstones: Tombstones;
  readonly #places: Places;
  readonly #reservations: Reservations;
  readonly #createId: () => string;
  readonly #node: string | undefined;
  #snapshot = supervisorAt('accepting');
  readonly #residents = new Map<string, A>();
  #whenEmpty: (() => void)[] = [];

  constructor(services: Services, { onCrash, createId, maxAnonymous, node }: SupervisorOptions) {
    this.services = services;
    this.lifetimes = new Lifetimes(services);
    this.onCrash = onCrash;
    this.tombstones = new Tombstones(services.digest, services.limits.maxHistory);
    this.accounts = new PrincipalAccounts(services.limits);
    this.#places = new Places(services, maxAnonymous);
    this.#reservations = new Reservations(services);
    this.#createId = createId;
    this.#node = node;
  }

  get isAdmitting(): boolean {
    return this.#snapshot.hasTag('admitting');
  }

  /** Every place is taken: a new actor needs the place of another. */
  get isFull(): boolean {
    return this.#places.isFull;
  }

  /** Every actor in this process, the ending ones too. */
  residents(): Iterable<A> {
    return this.#residents.values();
  }

  /** An actor in this process, ending or not, without a look at its principal. */
  resident(id: string): A | undefined {
    return this.#residents.get(id);
  }

  /** The actors of a principal in this process that are not ending. */
  of(principal: string): A[] {
    const own: A[] = [];
    for (const actor of this.#residents.values()) {
      if (actor.principal === principal && !actor.snapshot.hasTag('ending')) own.push(actor);
    }
    return own;
  }

  /**
   * Makes an actor, in a place that was looked for before anything is built.
   *
   * @param create makes the actor of an id
   * @param reservation of the connection that waited for its client to initialize
   * @throws ActorsError `bad-option` where `createId` gives an id that is taken or no visible ASCII
   */
  admit(
    principal: string | undefined,
    create: (id: string) => A,
    reservation?: Reservation,
  ): A | NoPlace {
    const admit = (): A | NoPlace =>
      this.#look(principal) ?? this.#took(this.#spawn(create, this.#newId()));
    return reservation === undefined ? admit() : reservation.use(admit);
  }

  /**
   * Makes an actor that no client has to confirm.
   *
   * @param id of an actor that nobody else names; minted without one
   */
  settle(principal: string | undefined, create: (id: string) => A, id?: string): A | NoPlace {
    const none = this.#refusal() ?? this.#places.find(this.accounts.of(principal));
    if (none !== undefined) return none;
    if (id !== undefined) this.tombstones.exhume(id);
    const actor = this.#spawn(create, id ?? idOnNode(this.#node, this.#newId()));
    this.#places.hold(actor);
    return actor;
  }

  /** Lets a connection wait for its client to initialize. @param onLost it waits no longer */
  reserve(principal: string | undefined, onLost: (how: Lost) => void): Reservation | NoPlace {
    return this.#refusal() ?? this.#reservations.reserve(principal, onLost);
  }

  /** Takes in an actor that goes on from a record, without a place so far. */
  recall(actor: A): void {
    this.#join(actor);
  }

  /** Forgets an actor that goes on as a record. */
  dismiss(actor: A): void {
    if (this.#residents.get(actor.id) !== actor) return;
    this.#part(actor);
    this.#noteEmpty();
  }

  confirmed(actor: Actor): void {
    this.#places.confirmed(actor);
  }

  offering(actor: Actor): void {
    this.#places.offer(actor);
  }

  withdrawing(actor: Actor): void {
    this.#places.withdraw(actor);
  }

  returning(actor: Actor): NoPlace | undefined {
    return this.isAdmitting ? this.#places.takeBack(actor) : 'draining';
  }

  ending(actor: Actor): void {
    this.#places.leave(actor);
  }

  bury(actor: Actor, reason: EndReason): void {
    const { id, key, principal, startedAt } = actor;
    if (this.#residents.get(id) !== actor) return;
    const { counters, events, clock } = this.services;
    if (actor.isKept) counters.kept++;
    else counters.evicted[reason]++;
    this.tombstones.bury(id, principal, reason);
    this.#part(actor);
    const life = {
      session: key,
      ageMs: clock.now() - startedAt,
      client: (): ClientName | undefined => actor.client,
    };
    if (actor.isKept) events.emit('session.kept', life);
    else events.emit('session.ended', { ...life, reason });
    this.#noteEmpty();
  }

  /** Refuses new actors and ends the others; work in flight may finish until the deadline. */
  async drain(deadlineMs: number): Promise<DrainReport> {
    const { clock, counters } = this.services;
    const began = clock.now();
    const sessions = this.#residents.size;
    const { inFlight } = this;
    const cutBefore = counters.cut;
    this.#tell({ type: 'supervisor.drain' });
    this.#reservations.revoke();
    for (const actor of this.#residents.values()) actor.close('drained');
    if (this.#residents.size > 0) {
      const empty = new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
      const timer = clock.setTimeout(() => this.#cutAll(), deadlineMs);
      await empty;
      clock.clearTimeout(timer);
    }
    this.#tell({ type: 'supervisor.drained' });
    const cut = counters.cut - cutBefore;
    const settled = Math.max(inFlight - cut, 0);
    const { kept, incomplete } = counters;
    return { sessions, kept, incomplete, settled, cut, ms: clock.now() - began };
  }

  /** Ends every actor at once: work in flight is cut. */
  async close(): Promise<void> {
    this.#tell({ type: 'supervisor.close' });
    await this.drain(0);
  }

  /** How many requests of all actors are accepted and not yet answered. */
  get inFlight(): number {
    let sum = 0;
    for (const actor of this.#residents.values()) sum += actor.inFlight;
    return sum;
  }

  /** Why nobody new is let in, whoever it is. Actors that return are not new. */
  #refusal(): NoPlace | undefined {
    if (!this.isAdmitting) return 'draining';
    if (!this.services.loop.isOverloaded) return undefined;
    this.services.tripped('maxLoopDelayMs');
    return 'overloaded';
  }

  #look(principal: string | undefined): NoPlace | undefined {
    return this.#refusal() ?? this.#places.look(this.accounts.of(principal));
  }

  #spawn(create: (id: string) => A, id: string): A {
    // A taken id would hand one principal's session to another; other ids do not fit in a header.
    if (!VISIBLE_ASCII.test(id) || this.#residents.has(id)) {
      throw new ActorsError('bad-option', 'createId must return a new id of visible ASCII');
    }
    const actor = create(id);
    this.#join(actor);
    this.services.counters.spawned++;
    return actor;
  }

  #newId(): string {
    return atOnce('createId', this.#createId());
  }

  #took(actor: A): A {
    this.#places.take(actor);
    return actor;
  }

  #tell(event: SupervisorEvent): void {
    const from = this.#snapshot.value;
    const to = nextSupervisorState(from, event.type);
    if (to === from) return;
    this.#snapshot = supervisorAt(to);
    const at = this.services.clock.now();
    this.services.events.emit('supervisor.transition', { at, event: event.type, from, to });
  }

  #cutAll(): void {
    for (const actor of this.#residents.values()) {
      // The session's own code recalled this actor from its record during the drain.
      if (!actor.snapshot.hasTag('ending')) actor.close('drained');
      actor.tell({ type: 'deadline.passed' });
    }
  }

  #join(actor: A): void {
    this.#residents.set(actor.id, actor);
    this.accounts.join(actor.principalAccount);
  }

  #part({ id, principalAccount }: Actor): void {
    this.#residents.delete(id);
    this.accounts.leave(principalAccount);
  }

  #noteEmpty(): void {
    if (this.#residents.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
