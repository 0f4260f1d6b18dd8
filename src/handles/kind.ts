import type { EndReason } from '../../machines/session.ts';
import type { NoPlace } from '../actor/actor.ts';
import { Supervisor } from '../actor/supervisor.ts';
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import type { OwnedStore } from '../directory/ownership.ts';
import { SleepLimits } from '../directory/sleepLimits.ts';
import { Sweep } from '../directory/sweep.ts';
import type { Elsewhere } from '../directory/whereabouts.ts';
import type { HandleStats } from '../events/counters.ts';
import type { Services } from '../events/services.ts';
import { Keeper } from '../store/keeper.ts';
import type { Rows, SessionRecord } from '../store/record.ts';
import type { Claim, StorePart } from '../store/store.ts';
import { announceHandles } from './announce.ts';
import { checkInput } from './checkInput.ts';
import {
  failed,
  gone,
  type HandleError,
  limited,
  moved,
  restarting,
  storeFailed,
} from './handleError.ts';
import { HandleActor, type HandleFamily } from './handleActor.ts';
import { HANDLE_EFFECTS } from './handleEffects.ts';
import { keptIn } from './handleRecord.ts';
import { type Holder, isHeldBy } from './holder.ts';
import { KindShared, type KindSharedHost, MOST_MOVES } from './kindShared.ts';
import type { HandleSettings } from './options.ts';
import { ownHandles } from './ownHandles.ts';
import { type HandleView, type OwnHandle, viewOfHandle } from './view.ts';

type Found = HandleActor | undefined;

/** What a kind of handles needs of its runtime. */
export interface KindShare {
  /** What all sessions of the runtime share. */
  readonly world: object;
  /** The services of the runtime. */
  readonly services: Services;
  readonly createId: () => string;
  /** This process in ids, where it has a name. */
  readonly node?: string | undefined;
  /** Where handles that sleep are kept. */
  readonly storeOf: (kind: string) => OwnedStore;
  /** Which part of a durable store has the records of the kind. */
  readonly part: StorePart;
}

/** All handles of one kind in one runtime: opens, finds, lists and ends them. */
export class HandleKind implements HandleFamily, KindSharedHost {
  readonly settings: HandleSettings;
  readonly effects = HANDLE_EFFECTS;
  readonly world: object;
  readonly services: Services;
  readonly supervisor: Supervisor<HandleActor>;
  readonly keeper: Keeper;
  readonly part: StorePart;
  /** The same handles in other processes; `null`: there are none. */
  readonly shared: KindShared | null;
  readonly trunk: Services;
  readonly #limits: SleepLimits;
  readonly #sweep: Sweep;
  /** Records that are on their way from the store: each is read once for all who ask. */
  readonly #loading = new Map<string, Promise<SessionRecord | undefined>>();

  constructor(settings: HandleSettings, share: KindShare) {
    const { world, services, createId, node, storeOf, part } = share;
    this.settings = settings;
    this.part = part;
    this.world = world;
    this.trunk = services;
    const { limits } = settings;
    this.services = services.branch({
      handshakeTimeoutMs: limits.openTimeoutMs,
      idleTimeoutMs: limits.idleTimeoutMs,
      evictAfterMs: limits.evictAfterMs,
      maxSessions: limits.max,
      maxSessionsPerPrincipal: limits.maxPerPrincipal,
    });
    announceHandles(this.services, services, settings.name);
    const { maxAnonymous } = limits;
    this.supervisor = new Supervisor(this.services, {
      onCrash: 'evict',
      createId,
      maxAnonymous,
      ...(node !== undefined && { node }),
    });
    const { store, ownership } = storeOf(settings.name);
    this.keeper = new Keeper(store, this.services);
    this.shared = ownership.isShared ? new KindShared(this, ownership) : null;
    this.#limits = new SleepLimits(this, this.services);
    this.#sweep = new Sweep(this, this.services);
    if (!this.keeper.isDurable) return;
    this.keeper.isKnown = (id) => this.isHere(id);
    this.keeper.onForgotten = () => this.#sweep.restore();
    this.keeper.opened()?.catch(() => {});
    this.#sweep.expect();
  }

  get name(): string {
    return this.settings.name;
  }

  get plural(): string {
    return this.settings.plural;
  }

  // ---- for tools

  /** Opens a handle. @throws HandleError */
  async create(holder: Holder, input: unknown): Promise<HandleActor> {
    checkInput(this, input);
    if (this.shared?.isLive === false) await this.shared.live();
    const handle = this.#open(holder, input);
    await handle.reached('waking');
    if (handle.snapshot.hasTag('ending')) {
      await handle.reached('ended');
      throw failed(this, handle.incarnations.failure);
    }
    if (this.shared === null) await handle.persistence?.stored();
    else if (!(await this.shared.isOurs(handle))) throw moved(this);
    return handle;
  }

  /** Uses a handle at a moment when it is this process's. @throws what either throws */
  async reach<R>(
    find: () => Promise<HandleActor>,
    use: (handle: HandleActor) => Promise<R>,
  ): Promise<R> {
    for (;;) {
      const handle = await find();
      if (!handle.isDismissed && this.shared?.isHeldUp(handle.id) !== true) return use(handle);
    }
  }

  /** Finds the handle of an id that is nobody's to name, or opens one. @throws HandleError */
  async locate(id: string, holder: Holder): Promise<HandleActor> {
    const { principal } = holder;
    await this.shared?.settled(id);
    const resident = this.supervisor.resident(id);
    if (resident?.arrival === 'refuse') {
      if (!this.supervisor.isAdmitting) throw restarting();
      await resident.reached('ended');
      return this.locate(id, holder);
    }
    if (resident !== undefined) return this.#ours(resident, holder);
    // What ended here must have left the store before the same id begins anew.
    if (this.keeper.isRemoving(id) && !(await this.keeper.forgotten([id]))) {
      throw new ActorsError('store-unavailable', 'the store still has the one before');
    }
    const isHeld = (record: SessionRecord): boolean => record.home === this.name;
    const found = await (this.shared?.fetch(id, isHeld) ?? this.seek(id, principal));
    if (found !== undefined) return found;
    // Another caller may have opened it meanwhile.
    const opened = this.supervisor.resident(id) ?? this.#open(holder, undefined, id);
    return this.#ours(opened, holder);
  }

  /** Two processes may open what nobody names at once: one of them has it. */
  async #ours(handle: HandleActor, holder: Holder): Promise<HandleActor> {
    const isOurs = this.shared === null || (await this.shared.isOurs(handle));
    return isOurs ? handle : this.locate(handle.id, holder);
  }

  /** Finds a handle that its caller may use. @throws HandleError: one text for all that is not */
  async find(id: unknown, holder: Holder): Promise<HandleActor> {
    if (typeof id !== 'string') throw gone(this);
    await this.shared?.settled(id);
    const resident = this.supervisor.resident(id);
    if (resident === undefined && !this.supervisor.isAdmitting) throw restarting();
    const handle =
      resident ??
      (this.shared === null
        ? await this.seek(id, holder.principal)
        : await this.shared.fetch(id, this.#isOf(holder)));
    return this.#held(handle, holder);
  }

  #held(handle: Found, holder: Holder): HandleActor {
    if (
      handle === undefined ||
      handle.arrival === 'refuse' ||
      !isHeldBy(this.settings, handle, holder)
    ) {
      throw gone(this);
    }
    return handle;
  }

  /** Whether a record is of a handle of this kind that its caller may use. */
  #isOf(holder: Holder): (record: SessionRecord) => boolean {
    return (record) => record.home === this.name && isHeldBy(this.settings, keptIn(record), holder);
  }

  /** The caller's own handles, those asleep as well. @throws ActorsError `store-unavailable` */
  list(holder: Holder): Promise<OwnHandle[]> {
    return ownHandles(this, holder);
  }

  /**
   * Ends a handle that its caller may use.
   *
   * @throws HandleError; ActorsError `store-unavailable` where the store has the handle for now
   */
  async end(id: unknown, holder: Holder): Promise<void> {
    for (let moves = 0; moves < MOST_MOVES; moves++) {
      const where = await this.#locate(id, holder);
      // A handle that goes from one process to the next is found there.
      const ended =
        where.at === 'here'
          ? await this.endHere(where, 'terminated')
          : await where.act({ do: 'evict', reason: 'terminated' });
      if (ended === true) return;
      if (ended === false) throw gone(this);
    }
    throw moved(this);
  }

  /** Finds a handle to end: that needs no process to give it up. */
  async #locate(id: unknown, holder: Holder): Promise<HandleActor | Elsewhere> {
    if (this.shared === null || typeof id !== 'string') return this.find(id, holder);
    const where = await this.shared.find(id, this.#isOf(holder));
    return where?.at === 'elsewhere' ? where : this.#held(where, holder);
  }

  /**
   * Ends a handle of this process; `moved`: another one had it by then, and goes on with it.
   *
   * @throws ActorsError `store-unavailable` where the store has the handle for now
   */
  async endHere(handle: HandleActor, reason: EndReason): Promise<true | 'moved'> {
    handle.close(reason);
    await handle.reached('ended');
    // Announced by the writer.
    const error = await handle.forgotten?.then(() => undefined, storeFailed);
    if (error !== undefined) throw error;
    return handle.persistence?.isLost === true ? 'moved' : true;
  }

  /** Why a handle can not be open now. */
  refusal(none: NoPlace): HandleError {
    if (none === 'draining' || none === 'overloaded') return restarting();
    const { maxPerPrincipal } = this.settings.limits;
    return limited(this, none === 'quota-reached' ? maxPerPrincipal : undefined);
  }

  // ---- for the runtime

  opened({ key, principal }: HandleActor): void {
    const { events, principalKey } = this.trunk;
    events.emit('handle.opened', {
      kind: this.name,
      handle: key,
      principal: principalKey(principal),
    });
  }

  stats(): HandleStats {
    const { sessions, spawned, evicted, kept, crashes, slept, woken } =
      this.services.counters.copy();
    return { ...sessions, opened: spawned, ended: evicted, kept, failed: crashes, slept, woken };
  }

  views(): HandleView[] {
    return Array.from(this.supervisor.residents(), viewOfHandle);
  }

  async drain(deadlineMs: number): Promise<void> {
    await this.supervisor.drain(deadlineMs);
    await this.shared?.drained();
  }

  async close(): Promise<void> {
    await this.supervisor.close();
    await this.shared?.drained();
    await this.keeper.close();
  }

  // ---- sleep: what its limits and the sweep ask for

  isHere(id: string): boolean {
    return this.supervisor.resident(id) !== undefined || this.hasEnded(id);
  }

  resident(id: string): Found {
    return this.supervisor.resident(id);
  }

  residents(): Iterable<HandleActor> {
    return this.supervisor.residents();
  }

  /** Recalls a handle that is not in this process, for its own principal. */
  seek(id: string, principal: string | undefined): Awaitable<Found> {
    if (this.hasEnded(id) || !this.keeper.mayHave(id)) return undefined;
    if (this.shared !== null) return this.shared.expire(id);
    const found = this.keeper.isDurable ? this.#load(id) : this.keeper.reads.get(id);
    const go = (record: SessionRecord | undefined): Found => {
      // Somebody else may have recalled it meanwhile, or ended it.
      const resident = this.supervisor.resident(id);
      if (resident !== undefined || this.hasEnded(id) || this.keeper.isOver) return resident;
      return record !== undefined && record.principal === principal
        ? this.revive(record)
        : undefined;
    };
    return isPromise(found) ? Promise.resolve(found).then(go) : go(found);
  }

  passivate(handle: HandleActor): void {
    if (this.keeper.isOver || !handle.canPassivate) return;
    const { persistence } = handle;
    if (persistence === null) {
      const { record } = handle.record();
      if (record === undefined || !this.keeper.keep(record)) return;
    } else if (!persistence.isClean || !persistence.isWhole) return;
    const claim = persistence?.claim;
    if (claim === undefined) this.left(handle);
    else this.shared?.giveUp(handle, claim);
  }

  left(handle: HandleActor): void {
    this.supervisor.dismiss(handle);
    handle.dismissed();
    this.#sweep.expect();
    // What sleeps in a store of several processes is nobody's to count.
    if (this.shared !== null) this.services.counters.sessions.asleep--;
    else this.#limits.grew(handle.principal);
  }

  #open({ principal, session }: Holder, input: unknown, id?: string): HandleActor {
    const kept = { principal, by: session, input, state: undefined };
    const create = (as: string): HandleActor => new HandleActor(this, as, kept);
    const handle = this.supervisor.settle(principal, create, id);
    if (typeof handle === 'string') throw this.refusal(handle);
    this.shared?.begun(handle);
    handle.start();
    return handle;
  }

  #load(id: string): Promise<SessionRecord | undefined> {
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.keeper
        .load(id, undefined)
        .then(([record]) => record)
        .finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    return loading;
  }

  /** Makes the actor of a record; `undefined` where the record has expired: the handle ends. */
  revive(record: SessionRecord, _rows?: Rows, claim?: Claim): Found {
    const handle = new HandleActor(this, record.id, keptIn(record), record);
    handle.persistence?.own(claim);
    if (this.shared !== null) this.services.counters.sessions.asleep++;
    handle.wakeFrom(record);
    this.supervisor.recall(handle);
    this.keeper.release(record);
    this.#limits.woke(record.principal);
    handle.lifetimes.quiet.arm(handle);
    if (record.expiresAt > this.services.clock.now()) return handle;
    handle.tell({ type: 'deadline.passed' });
    return undefined;
  }

  hasEnded(id: string): boolean {
    const isBuried = this.shared === null && this.supervisor.tombstones.has(id);
    return isBuried || this.keeper.isRemoving(id);
  }
}
