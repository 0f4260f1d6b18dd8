import type { NoPlace } from '../actor/actor.ts';
import type { Lost, Reservation } from '../actor/reservations.ts';
import type { DrainReport, Supervisor } from '../actor/supervisor.ts';
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import type { Services } from '../events/services.ts';
import { SESSION_EFFECTS } from '../session/effects.ts';
import type { Outlets, StoredOutlets } from '../session/exchange.ts';
import { SessionActor } from '../session/sessionActor.ts';
import { type Home, type SessionSettings, World } from '../session/world.ts';
import type { Keeper } from '../store/keeper.ts';
import { endOf, type Rows, type SessionRecord } from '../store/record.ts';
import type { Message } from '../wire/jsonrpc.ts';
import type { ActorRegistry } from '../session/userActors.ts';
import type { Ownership } from './ownership.ts';
import { SleepLimits } from './sleepLimits.ts';
import { Sweep } from './sweep.ts';
import type { Elsewhere, Nowhere, Whereabouts } from './whereabouts.ts';

type Found = SessionActor | undefined;
type Loaded = Awaited<ReturnType<Keeper['load']>>;

/** Records that are read from the store in one go. */
const PAGE = 500;

const NOT_FOUND: Nowhere = { at: 'nowhere', refusal: 'session-not-found', reason: undefined };
const DRAINING: Nowhere = { at: 'nowhere', refusal: 'draining', reason: undefined };
const UNAVAILABLE: Nowhere = { at: 'nowhere', refusal: 'store-unavailable', reason: undefined };

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
  readonly #ownership: Ownership;
  readonly #outletsOf: DirectoryOptions['outletsOf'];
  readonly world: World<SessionActor>;
  /** Records that are being read: requests that come meanwhile wait for the same read. */
  readonly #loading = new Map<string, Promise<Loaded>>();
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
    this.#ownership = ownership;
    this.#outletsOf = outletsOf;
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
    return this.supervisor.tombstones.has(id) || this.keeper.isRemoving(id);
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
    const create = (id: string): SessionActor =>
      new SessionActor(this.world, this.supervisor, id, principal, outlets);
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
    const create = (as: string): SessionActor =>
      new SessionActor(this.world, this.supervisor, as, principal, outlets);
    return this.supervisor.settle(principal, create, id);
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
    const resident = this.resident(id);
    if (resident !== undefined && resident.arrival !== 'refuse') {
      return isOwn(resident, principal) ? resident : NOT_FOUND;
    }
    if (!this.supervisor.isAdmitting) return this.#leftBehind(id, principal, resident);
    if (resident !== undefined) return NOT_FOUND;
    if (!this.keeper.mayHave(id) || this.supervisor.tombstones.has(id)) {
      return this.#ended(id, principal);
    }
    const owner = this.#ownership.claim(id);
    if (isPromise(owner)) return this.#claimed(owner, id, principal);
    return owner === 'ours' ? this.#recall(id, principal) : owner;
  }

  /** Finds a session without waiting: in this process, or asleep in a store in memory. */
  findNow(id: string, principal: string | undefined): Found {
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
    const resident = this.resident(id);
    if (resident !== undefined) return resident;
    if (this.hasEnded(id) || !this.keeper.mayHave(id)) return undefined;
    if (this.keeper.isDurable) return await this.#look(id, () => true);
    const record = await this.keeper.reads.get(id);
    return record === undefined ? undefined : await this.seek(id, record.principal);
  }

  /**
   * Recalls a session that is not in this process, for its own principal.
   *
   * @throws ActorsError `store-unavailable`, `record-corrupt`, `not-admitted`
   */
  seek(id: string, principal: string | undefined): Awaitable<Found> {
    if (this.hasEnded(id) || !this.keeper.mayHave(id)) return undefined;
    // A session of another principal is not even recalled (row S3).
    const isTheirs = (each: SessionRecord | SessionActor): boolean => each.principal === principal;
    const found = this.keeper.isDurable ? undefined : this.keeper.reads.get(id);
    if (!this.keeper.isDurable && !isPromise(found)) {
      return found !== undefined && isTheirs(found) ? this.#revive(found) : undefined;
    }
    return this.#look(id, isTheirs, found).then((actor) =>
      actor !== undefined && actor.arrival !== 'refuse' && isTheirs(actor) ? actor : undefined,
    );
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
    let there: Found = session;
    while (there?.isDismissed === true) {
      there = this.resident(id) ?? (await this.seek(id, principal));
    }
    return there === undefined ? gone() : await use(there);
  }

  /** Recalls, one by one, the sessions of a principal that are not in this process. */
  async *all(principal: string): AsyncGenerator<SessionActor> {
    for (let after: string | undefined; ;) {
      const query = { principal, limit: PAGE, ...(after !== undefined && { after }) };
      const { records, next } = await this.keeper.reads.page(query);
      for (const { id } of records) {
        if (this.isHere(id)) continue;
        const actor = await this.seek(id, principal);
        if (actor !== undefined) yield actor;
      }
      if (next === undefined) return;
      after = next;
    }
  }

  // ---- putting away

  passivate(session: SessionActor): void {
    const { keeper } = this;
    if (keeper.isOver || !session.canPassivate) return;
    const { persistence, principal } = session;
    if (persistence !== null) {
      // A session with unstored changes stays: the next reader of the store must find all. So does
      // one of which the store can not have all: it is lost with the process, and not before.
      if (!persistence.isClean || !persistence.isWhole) return;
    } else {
      const { record } = session.record();
      if (record === undefined) return;
      if (!keeper.keep(record)) return;
    }
    this.supervisor.dismiss(session);
    const { userActors } = session;
    const due = userActors?.dueAt;
    userActors?.leave();
    session.dismissed();
    if (due === undefined) this.#sweep.expect();
    else this.#sweep.expectBy(due);
    this.#limits.grew(principal);
  }

  /** Refuses new sessions and ends the others; work in flight may finish until the deadline. */
  async drain(deadlineMs: number): Promise<DrainReport> {
    const report = await this.supervisor.drain(deadlineMs);
    this.#outletsOf(undefined).depart();
    return report;
  }

  /** Ends every session, then closes the store. */
  async close(): Promise<void> {
    await this.supervisor.close();
    this.#outletsOf(undefined).depart();
    await this.keeper.close();
    this.services.deadlines.stop();
  }

  // ---- recalling

  /** Where a session is while this process drains: another one may go on with a stored session. */
  #leftBehind(id: string, principal: string | undefined, resident: Found): Nowhere {
    // A client that took its session for gone would begin anew.
    const goesOn =
      this.keeper.isDurable && (resident === undefined || resident.reason === 'drained');
    // Sessions asleep in memory end with this process: none is woken for what is left of it.
    return goesOn ? DRAINING : this.#ended(id, principal);
  }

  #ended(id: string, principal: string | undefined): Nowhere {
    const reason = this.supervisor.tombstones.reasonOf(id, principal);
    return reason === undefined ? NOT_FOUND : { ...NOT_FOUND, reason };
  }

  async #claimed(
    claim: PromiseLike<'ours' | Elsewhere>,
    id: string,
    principal: string | undefined,
  ): Promise<Whereabouts<SessionActor>> {
    const owner = await claim;
    if (owner !== 'ours') return owner;
    // It may have been recalled for another reason while its owner was asked for.
    return this.resident(id) === undefined
      ? this.#recall(id, principal)
      : this.findAny(id, principal);
  }

  #recall(id: string, principal: string | undefined): Awaitable<Whereabouts<SessionActor>> {
    const found = this.seek(id, principal);
    return isPromise(found)
      ? this.#recalled(found, id, principal)
      : (found ?? this.#ended(id, principal));
  }

  async #recalled(
    found: PromiseLike<Found>,
    id: string,
    principal: string | undefined,
  ): Promise<Whereabouts<SessionActor>> {
    try {
      const session = await found;
      if (session !== undefined) return session;
      // A drain that began meanwhile has handed the session over to the next process.
      return this.supervisor.isAdmitting ? this.#ended(id, principal) : DRAINING;
    } catch (error) {
      const code = error instanceof ActorsError ? error.code : undefined;
      if (code === 'not-admitted') return DRAINING;
      if (code === 'store-unavailable') return UNAVAILABLE;
      // The store has put the record aside: there is no such session any more.
      if (code === 'record-corrupt') return this.#ended(id, principal);
      throw error;
    }
  }

  /** Recalls a session, read once for all who ask meanwhile. @param isWanted may it come back */
  async #look(
    id: string,
    isWanted: (record: SessionRecord) => boolean,
    found?: Awaitable<SessionRecord | undefined>,
  ): Promise<Found> {
    this.#admits();
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.keeper.load(id, found).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    const [record, rows] = await loading;
    // The session may have been recalled, or have ended, while the store was asked.
    const resident = this.resident(id);
    if (resident !== undefined || this.hasEnded(id) || this.keeper.isOver) return resident;
    this.#admits();
    return record !== undefined && isWanted(record) ? this.#revive(record, rows) : undefined;
  }

  /** @throws ActorsError `not-admitted` in a drain: what is stored is the next process's */
  #admits(): void {
    if (this.supervisor.isAdmitting) return;
    throw new ActorsError('not-admitted', 'the runtime drains: nobody is recalled any more');
  }

  /** Makes the actor of a record; `undefined` where the record has expired: the session ends. */
  #revive(record: SessionRecord, rows: Rows = []): Found {
    const { id, principal, home } = record;
    const outlets = this.#outletsOf(home);
    const actor = new SessionActor(this.world, this.supervisor, id, principal, outlets, record);
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

/** A session that no client named is not found by what a client names. */
function named(where: Whereabouts<SessionActor>): Whereabouts<SessionActor> {
  return where.at === 'here' && where.home !== undefined ? NOT_FOUND : where;
}

function isOwn(session: SessionActor, principal: string | undefined): boolean {
  // A line's session has no id on the wire: a request that names one has guessed, or has read a log.
  return session.isStorable && session.principal === principal;
}
