import type { NoPlace } from '../actor/actor.ts';
import { Supervisor } from '../actor/supervisor.ts';
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import { laterTurn } from '../base/turns.ts';
import { SleepLimits } from '../directory/sleepLimits.ts';
import { Sweep } from '../directory/sweep.ts';
import type { HandleStats } from '../events/counters.ts';
import type { Services } from '../events/services.ts';
import { isPlainData } from '../session/plainData.ts';
import { Keeper } from '../store/keeper.ts';
import type { SessionRecord } from '../store/record.ts';
import type { RecordPage, RecordQuery, SessionStore } from '../store/store.ts';
import { scanValue } from '../wire/scan.ts';
import { announceHandles } from './announce.ts';
import { failed, gone, type HandleError, limited, restarting, tooLong } from './handleError.ts';
import { HandleActor, type HandleFamily } from './handleActor.ts';
import { keptIn } from './handleRecord.ts';
import type { HandleSettings } from './options.ts';
import { type HandleView, type OwnHandle, ownHandleOf, viewOfHandle } from './view.ts';

/** Records read in one go, and how many times, for a list of those that sleep. */
const PAGE = 500;
const MAX_PAGES = 20;
/** Arrays and objects in each other that an input is looked into. */
const MAX_INPUT_DEPTH = 128;

type Found = HandleActor | undefined;

/** Who asks for a handle. */
export interface Holder {
  readonly principal: string | undefined;
  /** The caller's session, by its loggable name. */
  readonly session: string;
}

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
  readonly storeOf: (kind: string) => SessionStore;
}

/** All handles of one kind in one runtime: opens, finds, lists and ends them. */
export class HandleKind implements HandleFamily {
  readonly settings: HandleSettings;
  readonly world: object;
  readonly services: Services;
  readonly supervisor: Supervisor<HandleActor>;
  readonly keeper: Keeper;
  readonly #trunk: Services;
  readonly #limits: SleepLimits;
  readonly #sweep: Sweep;
  /** Records that are on their way from the store: each is read once for all who ask. */
  readonly #loading = new Map<string, Promise<SessionRecord | undefined>>();

  constructor(settings: HandleSettings, { world, services, createId, node, storeOf }: KindShare) {
    this.settings = settings;
    this.world = world;
    this.#trunk = services;
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
    this.keeper = new Keeper(storeOf(settings.name), this.services);
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
    this.#checkInput(input);
    const handle = this.#open(holder, input);
    await handle.reached('waking');
    if (handle.snapshot.hasTag('ending')) {
      await handle.reached('ended');
      throw failed(this, handle.incarnations.failure);
    }
    await handle.persistence?.stored();
    return handle;
  }

  /** Finds the handle of an id that is nobody's to name, or opens one. @throws HandleError */
  async locate(id: string, holder: Holder): Promise<HandleActor> {
    const { principal } = holder;
    const resident = this.supervisor.resident(id);
    if (resident?.arrival === 'refuse') {
      if (!this.supervisor.isAdmitting) throw restarting();
      await resident.reached('ended');
      return this.locate(id, holder);
    }
    if (resident !== undefined) return resident;
    // What ended here must have left the store before the same id begins anew.
    if (this.keeper.isRemoving(id) && !(await this.keeper.forgotten([id]))) {
      throw new ActorsError('store-unavailable', 'the store still has the one before');
    }
    const found = await this.seek(id, principal);
    if (found !== undefined) return found;
    // Another caller may have opened it meanwhile.
    return this.supervisor.resident(id) ?? this.#open(holder, undefined, id);
  }

  /** Finds a handle that its caller may use. @throws HandleError: one text for all that is not */
  async find(id: unknown, holder: Holder): Promise<HandleActor> {
    if (typeof id !== 'string') throw gone(this);
    const resident = this.supervisor.resident(id);
    if (resident === undefined && !this.supervisor.isAdmitting) throw restarting();
    const handle = resident ?? (await this.seek(id, holder.principal));
    if (handle === undefined || handle.arrival === 'refuse' || !this.#isHeld(handle, holder)) {
      throw gone(this);
    }
    return handle;
  }

  /** The caller's own handles, those asleep as well. @throws ActorsError `store-unavailable` */
  async list(holder: Holder): Promise<OwnHandle[]> {
    const own: OwnHandle[] = [];
    const isListed = (principal: string | undefined, by: string): boolean =>
      principal === holder.principal &&
      // Anonymous callers have nothing in common but that nobody knows them.
      ((principal !== undefined && this.settings.bind !== 'session') || by === holder.session);
    for (const handle of this.supervisor.residents()) {
      if (handle.arrival === 'refuse' || !isListed(handle.principal, handle.by)) continue;
      own.push(ownHandleOf(handle));
    }
    for await (const record of this.#asleep(holder.principal)) {
      const { principal, by } = keptIn(record);
      if (!isListed(principal, by)) continue;
      own.push({ id: record.id, isAsleep: true, startedAt: record.startedAt });
    }
    return own.toSorted((a, b) => a.startedAt - b.startedAt);
  }

  /**
   * Ends a handle that its caller may use.
   *
   * @throws HandleError; ActorsError `store-unavailable` where the store has the handle for now
   */
  async end(id: unknown, holder: Holder): Promise<void> {
    const handle = await this.find(id, holder);
    handle.close('terminated');
    await handle.reached('ended');
    try {
      await handle.forgotten;
    } catch (cause) {
      // Announced by the writer. What a store says of itself is nothing for a tool's client.
      throw unavailable(cause);
    }
  }

  /** Why a handle can not be open now. */
  refusal(none: NoPlace): HandleError {
    if (none === 'draining' || none === 'overloaded') return restarting();
    const { maxPerPrincipal } = this.settings.limits;
    return limited(this, none === 'quota-reached' ? maxPerPrincipal : undefined);
  }

  // ---- for the runtime

  opened({ key, principal }: HandleActor): void {
    const { events, principalKey } = this.#trunk;
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

  async close(): Promise<void> {
    await this.supervisor.close();
    await this.keeper.close();
  }

  // ---- sleep: what its limits and the sweep ask for

  isHere(id: string): boolean {
    return this.supervisor.resident(id) !== undefined || this.#hasEnded(id);
  }

  residents(): Iterable<HandleActor> {
    return this.supervisor.residents();
  }

  /** Recalls a handle that is not in this process, for its own principal. */
  seek(id: string, principal: string | undefined): Awaitable<Found> {
    if (this.#hasEnded(id) || !this.keeper.mayHave(id)) return undefined;
    const found = this.keeper.isDurable ? this.#load(id) : this.keeper.reads.get(id);
    const go = (record: SessionRecord | undefined): Found => {
      // Somebody else may have recalled it meanwhile, or ended it.
      const resident = this.supervisor.resident(id);
      if (resident !== undefined || this.#hasEnded(id) || this.keeper.isOver) return resident;
      return record !== undefined && record.principal === principal
        ? this.#revive(record)
        : undefined;
    };
    return isPromise(found) ? Promise.resolve(found).then(go) : go(found);
  }

  passivate(handle: HandleActor): void {
    if (this.keeper.isOver || !handle.canPassivate) return;
    const { persistence, principal } = handle;
    if (persistence === null) {
      const { record } = handle.record();
      if (record === undefined || !this.keeper.keep(record)) return;
    } else if (!persistence.isClean || !persistence.isWhole) return;
    this.supervisor.dismiss(handle);
    handle.dismissed();
    this.#sweep.expect();
    this.#limits.grew(principal);
  }

  /** What comes in a call is bounded where it outlives the call. @throws HandleError */
  #checkInput(input: unknown): void {
    const { limits, reopens } = this.settings;
    // What is no data came from nobody's message, and no handle sleeps with it.
    if (!reopens || !isPlainData(input)) return;
    const bytes = scanValue(input, MAX_INPUT_DEPTH, limits.maxInputBytes);
    if (typeof bytes === 'number' && bytes <= limits.maxInputBytes) return;
    this.services.tripped('maxInputBytes');
    throw tooLong(this, limits.maxInputBytes);
  }

  #open({ principal, session }: Holder, input: unknown, id?: string): HandleActor {
    const kept = { principal, by: session, input, state: undefined };
    const create = (as: string): HandleActor => new HandleActor(this, as, kept);
    const handle = this.supervisor.settle(principal, create, id);
    if (typeof handle === 'string') throw this.refusal(handle);
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
  #revive(record: SessionRecord): Found {
    const handle = new HandleActor(this, record.id, keptIn(record), record);
    handle.wakeFrom(record);
    this.supervisor.recall(handle);
    this.keeper.release(record);
    this.#limits.woke(record.principal);
    handle.lifetimes.quiet.arm(handle);
    if (record.expiresAt > this.services.clock.now()) return handle;
    handle.tell({ type: 'deadline.passed' });
    return undefined;
  }

  /** Records of handles that are not in this process. */
  async *#asleep(principal: string | undefined): AsyncGenerator<SessionRecord> {
    let after: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const { records, next } = await this.#page({
        limit: PAGE,
        ...(principal !== undefined && { principal }),
        ...(after !== undefined && { after }),
      });
      for (const record of records) if (!this.isHere(record.id)) yield record;
      if (next === undefined) return;
      after = next;
      // There may be many of nobody's, and others have work to do.
      await laterTurn(this.services.clock);
    }
  }

  async #page(query: RecordQuery): Promise<RecordPage> {
    try {
      return await this.keeper.reads.page(query);
    } catch (error) {
      this.keeper.failed('get', error);
      throw unavailable(error);
    }
  }

  #isHeld(handle: HandleActor, { principal, session }: Holder): boolean {
    const isOfSession = this.settings.bind !== 'session' || handle.by === session;
    return handle.principal === principal && isOfSession;
  }

  #hasEnded(id: string): boolean {
    return this.supervisor.tombstones.has(id) || this.keeper.isRemoving(id);
  }
}

function unavailable(cause: unknown): ActorsError {
  return new ActorsError('store-unavailable', 'the session store failed', { cause });
}
