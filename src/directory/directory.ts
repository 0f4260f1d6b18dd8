import type { NoPlace } from '../actor/actor.ts';
import type { Lost, Reservation } from '../actor/reservations.ts';
import type { DrainReport, Supervisor } from '../actor/supervisor.ts';
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import type { Services } from '../events/services.ts';
import { SESSION_EFFECTS } from '../session/effects.ts';
import type { Outlets, StoredOutlets } from '../session/exchange.ts';
import { SessionActor } from '../session/sessionActor.ts';
import { type Home, type SessionSettings, World } from '../session/world.ts';
import type { Keeper } from '../store/keeper.ts';
import { endOf, type Rows, type SessionRecord } from '../store/record.ts';
import type { Message } from '../wire/jsonrpc.ts';
import type { ActorRegistry } from '../session/userActors.ts';
import type { Claim } from '../store/store.ts';
import { Absences } from './absences.ts';
import { Handover } from './handover.ts';
import type { Members, Ownership } from './ownership.ts';
import { Presence } from './presence.ts';
import { type Found, here, Recalls } from './recalls.ts';
import { isOwn, named } from './visibility.ts';
import { SleepLimits } from './sleepLimits.ts';
import { Sweep } from './sweep.ts';
import { type Elsewhere, NOT_FOUND, type Nowhere, type Whereabouts } from './whereabouts.ts';

export interface DirectoryOptions {
  readonly settings: SessionSettings;
  readonly keeper: Keeper;
  readonly ownership: Ownership;
  readonly actors: ActorRegistry<SessionActor>;
  /** Outlets of the sessions that come back from records, by what the session is of. */
  readonly outletsOf: (home: string | undefined) => StoredOutlets<SessionActor>;
}

/**
 * Knows where each session is: in this process, asleep in a store, on another node, or nowhere.
 * Opens, finds, passivates and recalls sessions; each id has one actor at a time (law 1).
 */
export class Directory implements Home<SessionActor> {
  readonly services: Services;
  readonly keeper: Keeper;
  readonly supervisor: Supervisor<SessionActor>;
  /** Several processes have the sessions. */
  readonly isShared: boolean;
  readonly #ownership: Ownership;
  readonly #outletsOf: DirectoryOptions['outletsOf'];
  readonly world: World<SessionActor>;
  readonly #handover: Handover<SessionActor>;
  readonly #recalls: Recalls<SessionActor>;
  readonly #absences: Absences;
  readonly presence: Presence;
  readonly #limits: SleepLimits;
  readonly #sweep: Sweep;

  constructor(
    supervisor: Supervisor<SessionActor>,
    { settings, keeper, ownership, actors, outletsOf }: DirectoryOptions,
  ) {
    const { services } = supervisor;
    this.services = services;
    this.keeper = keeper;
    this.supervisor = supervisor;
    this.isShared = ownership.isShared;
    this.#ownership = ownership;
    this.#outletsOf = outletsOf;
    this.#handover = new Handover(ownership, {
      left: (session) => this.#left(session),
      lose: (claim) => this.presence.lose(claim),
    });
    this.presence = new Presence(this, this.#handover);
    this.#recalls = new Recalls(this, ownership, this.#handover);
    this.#absences = new Absences(supervisor, keeper, ownership, this.#handover);
    this.world = new World(services, settings, keeper, this, SESSION_EFFECTS, actors);
    this.#limits = new SleepLimits(this, services);
    this.#sweep = new Sweep(this, services);
    if (!keeper.isDurable) return;
    keeper.isKnown = (id) => this.#restore(id);
    keeper.onForgotten = () => this.#sweep.restore();
    // The failure is announced, and met again by the request that needs the store.
    keeper.opened()?.catch(() => {});
    this.#sweep.expect();
    // Sessions that earlier processes left may have something to do.
    if (actors.hasMachine) this.#sweep.expectBy(services.clock.now());
  }

  /** The processes that have these sessions; `undefined`: there is one. */
  get members(): Members | undefined {
    return this.#ownership.members;
  }

  /** The sessions in this process, ending ones included. */
  residents(): Iterable<SessionActor> {
    return this.supervisor.residents();
  }

  /** The session of this id in this process, ending or not, whatever its principal. */
  resident(id: string): Found {
    return this.supervisor.resident(id);
  }

  /** The session of this id is in this process, or has ended and may still be stored. */
  isHere(id: string): boolean {
    return this.resident(id) !== undefined || this.hasEnded(id);
  }

  /** The session of this id has ended for good, whatever a store may still say of it. */
  hasEnded(id: string): boolean {
    // Where several processes have the sessions, another one may have begun it anew, or go on with it:
    // what this one knew last is no answer.
    const isBuried = !this.isShared && this.supervisor.tombstones.has(id);
    return isBuried || this.keeper.isRemoving(id);
  }

  /** The store has lost the record of a session: the session here, if any, is stored again. */
  #restore(id: string): boolean {
    this.resident(id)?.persistence?.changed();
    return this.isHere(id);
  }

  // ---- opening

  /**
   * Opens a session, in a place that is reserved before anything is built.
   *
   * @param outlets makes the outlet that carries the session's messages
   * @param reservation of the connection that waited for its client to initialize
   * @throws ActorsError `bad-option` where `createId` gives an id that can not be used
   */
  open(
    principal: string | undefined,
    outlets: Outlets<SessionActor>,
    reservation?: Reservation,
  ): SessionActor | NoPlace {
    const create = (id: string): SessionActor => this.#born(id, principal, outlets);
    return this.supervisor.admit(principal, create, reservation);
  }

  /**
   * Opens a session that no client named, and that no client has to confirm.
   *
   * @param id of what the session is of; minted without one
   */
  openHome(
    principal: string | undefined,
    outlets: Outlets<SessionActor>,
    id?: string,
  ): SessionActor | NoPlace {
    const create = (as: string): SessionActor => this.#born(as, principal, outlets);
    return this.supervisor.settle(principal, create, id);
  }

  #born(id: string, principal: string | undefined, outlets: Outlets<SessionActor>): SessionActor {
    const actor = new SessionActor(this.world, this.supervisor, id, principal, outlets);
    actor.persistence?.own(this.#ownership.begun(id));
    return actor;
  }

  /** Lets a connection wait for its client to initialize. @param onLost it waits no longer */
  reserve(principal: string | undefined, onLost: (how: Lost) => void): Reservation | NoPlace {
    return this.supervisor.reserve(principal, onLost);
  }

  /** An `initialize` is larger than a session may keep. @param bytes 0 where it was never text */
  isTooLarge(initialize: Message, bytes: number): boolean {
    const size = bytes === 0 ? JSON.stringify(initialize).length : bytes;
    if (size <= this.services.limits.maxInitializeBytes) return false;
    this.services.tripped('maxInitializeBytes');
    return true;
  }

  // ---- finding

  /**
   * Finds where a session is, for its own principal: another principal can not tell its id from an
   * unknown one (rows S3, S7). Answers in the same turn where the session is in this process, or
   * asleep in memory.
   *
   * @throws defects of this library and of user code, which are no refusal
   */
  find(id: string, principal: string | undefined): Awaitable<Whereabouts<SessionActor>> {
    const where = this.findAny(id, principal);
    return isPromise(where) ? where.then(named) : named(where);
  }

  /** The same, for sessions that no client named as well. */
  findAny(id: string, principal: string | undefined): Awaitable<Whereabouts<SessionActor>> {
    const waits = this.heldUp(id);
    if (waits !== undefined) {
      return this.#absences.later(waits, () => this.findAny(id, principal));
    }
    const resident = this.resident(id);
    if (resident !== undefined && resident.arrival !== 'refuse') {
      return isOwn(resident, principal) ? resident : NOT_FOUND;
    }
    if (!this.supervisor.isAdmitting) return this.#absences.leftBehind(id, principal, resident);
    if (resident !== undefined) return NOT_FOUND;
    if (!this.keeper.mayHave(id) || this.hasEnded(id)) {
      return this.#absences.ended(id, principal);
    }
    return this.#recall(id, principal);
  }

  /** A session that was found a moment ago may still be given messages. */
  isServing(session: SessionActor): boolean {
    const isHere = session.arrival !== 'refuse' && !session.isDismissed;
    return isHere && !this.#isHeldUp(session.id);
  }

  /** The session can not be used in this turn. */
  #isHeldUp(id: string): boolean {
    if (!this.isShared) return false;
    return !this.#ownership.isLive || this.#handover.leaving(id) !== undefined;
  }

  /**
   * What a request has to wait for before its session is looked for, or opened: this process may have
   * to find out first what is its own. Rejects with `store-unavailable`.
   */
  heldUp(id = ''): Promise<void> | undefined {
    if (!this.isShared) return undefined;
    return this.#ownership.isLive ? this.#handover.leaving(id) : this.#ownership.live();
  }

  /**
   * A session that ends, and lets its work in flight finish: answers, progress and cancels are for that
   * work, and for nothing else.
   */
  settling(id: string, principal: string | undefined): Found {
    const resident = this.resident(id);
    return resident?.isSettling === true && isOwn(resident, principal) ? resident : undefined;
  }

  /** Finds a session without waiting: in this process, or asleep in a store in memory. */
  findNow(id: string, principal: string | undefined): Found {
    if (this.#isHeldUp(id)) return undefined;
    const resident = this.resident(id);
    if (resident !== undefined) {
      const isFound = resident.arrival !== 'refuse' && isOwn(resident, principal);
      return isFound && resident.home === undefined ? resident : undefined;
    }
    if (!this.supervisor.isAdmitting) return undefined;
    const found = this.successor({ id, principal });
    return found?.home === undefined ? found : undefined;
  }

  /**
   * Finds a session by its id alone, for an operator who may act on any session.
   *
   * @throws ActorsError `store-unavailable`, `record-corrupt`, `not-admitted`
   */
  async any(id: string): Promise<Found> {
    return here(await this.anywhere(id));
  }

  /** The same, in whichever process the session is. */
  async anywhere(id: string): Promise<Found | Elsewhere | Nowhere> {
    await this.heldUp(id);
    const resident = this.resident(id);
    if (this.isShared && !this.supervisor.isAdmitting) {
      const isServed = resident !== undefined && resident.arrival !== 'refuse';
      return isServed ? resident : this.#absences.leftBehind(id, undefined, resident);
    }
    if (resident !== undefined) return resident;
    if (this.hasEnded(id) || !this.keeper.mayHave(id)) return undefined;
    if (this.keeper.isDurable) return this.#recalls.look(id, () => true);
    const record = await this.keeper.reads.get(id);
    return record === undefined ? undefined : await this.seek(id, record.principal);
  }

  /**
   * Recalls a session that is not in this process, for its own principal.
   *
   * @throws ActorsError `store-unavailable`, `record-corrupt`, `not-admitted`
   */
  seek(id: string, principal: string | undefined): Awaitable<Found> {
    const sought = this.#seek(id, principal);
    return isPromise(sought) ? Promise.resolve(sought).then(here) : here(sought);
  }

  #seek(id: string, principal: string | undefined): Awaitable<Found | Elsewhere | Nowhere> {
    if (this.hasEnded(id) || !this.keeper.mayHave(id)) return undefined;
    // A session of another principal is not even recalled (row S3).
    const isTheirs = (each: SessionRecord | SessionActor): boolean => each.principal === principal;
    const found = this.keeper.isDurable ? undefined : this.keeper.reads.get(id);
    if (!this.keeper.isDurable && !isPromise(found)) {
      return found !== undefined && isTheirs(found) ? this.revive(found) : undefined;
    }
    return this.#recalls.look(id, isTheirs, found).then((where) => {
      if (where?.at !== 'here') return where;
      return where.arrival !== 'refuse' && isTheirs(where) ? where : undefined;
    });
  }

  /** Finds the actor that goes on with a session whose last actor here became a record. */
  successor({ id, principal }: Pick<SessionActor, 'id' | 'principal'>): Found {
    const resident = this.resident(id);
    if (resident !== undefined || this.keeper.isDurable) return resident;
    const found = this.seek(id, principal);
    return isPromise(found) ? undefined : found;
  }

  async reach<T>(
    session: SessionActor,
    use: (there: SessionActor) => T,
    gone: () => Awaited<T>,
  ): Promise<Awaited<T>> {
    const { id, principal } = session;
    // Another process goes on with it: what still runs here has no part in that.
    if (session.persistence?.isLost === true) return gone();
    let there: Found = session;
    while (there?.isDismissed === true) {
      there = this.resident(id) ?? (await this.seek(id, principal));
    }
    return there === undefined ? gone() : await use(there);
  }

  // ---- putting away

  passivate(session: SessionActor): void {
    const { keeper } = this;
    if (keeper.isOver || !session.canPassivate) return;
    const { persistence } = session;
    if (persistence !== null) {
      // A session with unstored changes stays: the next reader of the store must find all. So does
      // one of which the store can not have all: it is lost with the process, and not before.
      if (!persistence.isClean || !persistence.isWhole) return;
      const { claim } = persistence;
      if (claim !== undefined) return this.#handover.giveUp(session, claim);
    } else {
      const { record } = session.record();
      if (record === undefined) return;
      if (!keeper.keep(record)) return;
    }
    this.#left(session);
  }

  #left(session: SessionActor): void {
    const { principal } = session;
    this.supervisor.dismiss(session);
    const { userActors } = session;
    const due = userActors?.dueAt;
    userActors?.leave();
    session.dismissed();
    if (due === undefined) this.#sweep.expect();
    else this.#sweep.expectBy(due);
    // Sessions that sleep in a store of several processes are nobody's to count.
    if (this.isShared) this.services.counters.sessions.asleep--;
    else this.#limits.grew(principal);
  }

  /** A session has ended here. */
  buried(session: SessionActor): void {
    const { persistence } = session;
    const claim = persistence?.claim;
    if (persistence === null || claim === undefined || claim.isLost) return;
    if (session.isKept) {
      const stored = this.keeper.rowsStored(persistence);
      this.#handover.handOver(session.id, claim, stored, () => persistence.stored());
    } else this.#ownership.ended(claim);
  }

  /** Refuses new sessions and ends the others; work in flight may finish until the deadline. */
  async drain(deadlineMs: number): Promise<DrainReport> {
    const report = await this.supervisor.drain(deadlineMs);
    await this.#handover.settled();
    this.#outletsOf(undefined).depart();
    return report;
  }

  /** Ends every session, then closes the store. */
  async close(): Promise<void> {
    await this.supervisor.close();
    await this.#handover.settled();
    this.#outletsOf(undefined).depart();
    await this.keeper.close();
    this.services.deadlines.stop();
  }

  // ---- recalling

  #recall(id: string, principal: string | undefined): Awaitable<Whereabouts<SessionActor>> {
    const found = this.#seek(id, principal);
    return isPromise(found)
      ? this.#absences.recalled(found, id, principal)
      : (found ?? this.#absences.ended(id, principal));
  }

  /** Makes the actor of a record; `undefined` where the record has expired: the session ends. */
  revive(record: SessionRecord, rows: Rows = [], claim?: Claim): Found {
    const { id, principal, home } = record;
    const outlets = this.#outletsOf(home);
    const actor = new SessionActor(this.world, this.supervisor, id, principal, outlets, record);
    actor.persistence?.own(claim);
    if (this.isShared) this.services.counters.sessions.asleep++;
    actor.wakeFrom(record, rows);
    this.supervisor.recall(actor);
    this.keeper.release(record);
    this.#limits.woke(principal);
    // A caller that only looks at the session need not say when it is done.
    actor.lifetimes.quiet.arm(actor);
    if (endOf(record) > this.services.clock.now()) return actor;
    actor.tell({ type: 'deadline.passed' });
    return undefined;
  }
}
