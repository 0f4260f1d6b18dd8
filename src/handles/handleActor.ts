import type { SessionEffect } from '../../machines/step.ts';
import { Actor, type NoPlace, type Parent } from '../actor/actor.ts';
import type { Effects } from '../actor/effects.ts';
import { atOnce, type Awaitable } from '../base/awaitable.ts';
import { Dormancy } from '../session/dormancy.ts';
import { Handshake } from '../session/handshake.ts';
import { Persistence } from '../session/persistence.ts';
import { isPlainData } from '../session/plainData.ts';
import type { Recorded } from '../session/recordOf.ts';
import type { Woken } from '../session/session.ts';
import { Updates } from '../session/updates.ts';
import type { Keeper } from '../store/keeper.ts';
import type { SessionRecord } from '../store/record.ts';
import { busy, failed, gone, type HandleError, type KindName, moved } from './handleError.ts';
import { handleRecordOf, type Kept } from './handleRecord.ts';
import { HandleFacade } from './handleFacade.ts';
import { HandleIncarnations } from './incarnations.ts';
import type { HandleSettings } from './options.ts';
import { Uses } from './uses.ts';

const NOBODY = new Handshake();

/** All handles of one kind, as one of them uses the others. */
export interface HandleFamily extends KindName {
  readonly settings: HandleSettings;
  readonly effects: Effects<HandleActor>;
  readonly world: object;
  readonly supervisor: Parent;
  readonly keeper: Keeper;
  /** Why a handle can not be open now. */
  refusal(none: NoPlace): HandleError;
  opened(handle: HandleActor): void;
  /** Turns a sleeping handle into its record, where nothing in this process needs its actor. */
  passivate(handle: HandleActor): void;
  /** The same handles in other processes; `null`: there are none. */
  readonly shared: SharedFamily | null;
}

/** The handles of one kind in all processes of a cluster, as one of them uses the others. */
export interface SharedFamily {
  /** Handles of this process may be used now. */
  readonly isLive: boolean;
  /** Resolves when that is so again. @throws ActorsError `store-unavailable` */
  live(): Promise<void>;
  /** Nobody uses the handle, or waits for it. */
  unused(handle: HandleActor): void;
  /** The handle has ended here. */
  buried(handle: HandleActor): void;
}

/** One live thing that tools name by an id: the machine of a session, without a client. */
export class HandleActor extends Actor {
  readonly kind: HandleFamily;
  /** The session that made the handle, by its loggable name. */
  readonly by: string;
  /** What `open` takes, kept where the handle may be opened again. */
  input: unknown;
  state: unknown;
  /** What `open` or `onWake` has returned. */
  value: unknown;
  /** Stores the handle; `null` where no durable store keeps the handle. */
  readonly persistence: Persistence | null;
  readonly incarnations = new HandleIncarnations(this);
  #uses: Uses | null = null;
  #updates: Updates | null = null;
  #dormancy: Dormancy | null = null;
  #isTouched = false;
  #isDismissed = false;

  constructor(kind: HandleFamily, id: string, kept: Kept, record?: SessionRecord) {
    super(kind.supervisor, id, kept.principal, record);
    this.kind = kind;
    this.by = kept.by;
    this.input = kept.input;
    this.state = kept.state;
    // In a cluster, the others have to know also of what can not leave its process.
    const isStored = kind.keeper.isDurable && (kind.settings.sleeps || kind.shared !== null);
    this.persistence = isStored ? new Persistence(this, kind.keeper) : null;
  }

  /** Opens a new handle. */
  start(): void {
    this.begin(true);
  }

  /** Goes on from the handle's record. */
  wakeFrom(record: SessionRecord): void {
    this.incarnations.restore(record.epoch);
    this.dormancy.restore(record);
    this.persistence?.restore(record);
    this.recall(true);
  }

  protected perform(effect: SessionEffect): void {
    this.kind.effects[effect](this);
  }

  // ---- what is known of the handle

  /** For whoever looks for the handle in all processes. */
  get at(): 'here' {
    return 'here';
  }

  get world(): object {
    return this.kind.world;
  }

  get handshake(): Handshake {
    return NOBODY;
  }

  get openOutlet(): null {
    return null;
  }

  get isWorthKeeping(): boolean {
    return true;
  }

  get isLiveOnly(): boolean {
    return !this.kind.settings.sleeps;
  }

  get epoch(): number {
    return this.incarnations.epoch;
  }

  get waiting(): number {
    return this.#uses?.waiting ?? 0;
  }

  override get inFlight(): number {
    return this.#uses?.running ?? 0;
  }

  override get references(): number {
    return this.waiting + this.inFlight;
  }

  override get canSleep(): boolean {
    return super.canSleep && !this.isLiveOnly;
  }

  protected override takeTouched(): boolean {
    const isTouched = this.#isTouched;
    this.#isTouched = false;
    return isTouched;
  }

  // ---- use

  /**
   * Runs a callback with what is live, when its turn comes.
   *
   * @throws HandleError; whatever the callback throws; the reason of an abort
   */
  async use<R>(
    callback: (value: unknown, handle: HandleFacade) => Awaitable<R>,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    // Before it takes a place that nobody would give back: the handle may be asleep.
    signal?.throwIfAborted();
    if (this.arrival === 'refuse') throw this.#over();
    const { maxQueue } = this.kind.settings.limits;
    if (this.waiting >= maxQueue) {
      this.journal.tripped('maxQueue');
      throw busy(this.kind);
    }
    const none = this.isAsleep ? this.takePlace() : undefined;
    if (none !== undefined) throw this.kind.refusal(none);
    const late = (error: unknown): void => this.journal.orphan('handler', error);
    this.#uses ??= new Uses((isDone) => this.#pump(isDone), late);
    return await this.#uses.run(() => callback(this.value, this.#facade()), signal);
  }

  /** A use waits, or is done. */
  #pump(isDone: boolean): void {
    this.#isTouched = true;
    // The value may have changed its state in place, and does not say so.
    if (isDone && this.arrival === 'dispatch') this.stateChanged();
    if (this.arrival === 'activate') this.tell({ type: 'message.arrived' });
    this.startUses();
    if (this.references > 0) return;
    this.#uses = null;
    this.kind.shared?.unused(this);
    if (this.snapshot.hasTag('ending')) this.tell({ type: 'session.settled' });
  }

  startUses(): void {
    if (this.arrival !== 'dispatch' || this.#uses === null) return;
    const { settings, shared } = this.kind;
    if (shared?.isLive !== false) return this.#uses.start(settings.limits.concurrency);
    // Another process may have the handle by now: those that wait hear of that, or have their turn.
    const refuse = (error: Error): void => this.#uses?.refuse(error);
    this.later(shared.live().catch(refuse), () => shared.isLive && this.startUses());
  }

  /** Whoever waits for the handle, or uses it, hears that it is over. */
  endUses(which: 'waiting' | 'all'): void {
    const why = this.#over();
    if (which === 'all') this.#uses?.cut(why);
    else this.#uses?.refuse(why);
  }

  /** Why the handle can not be used any more. */
  #over(): HandleError {
    const { failure } = this.incarnations;
    if (failure !== undefined) return failed(this.kind, failure);
    return this.persistence?.isLost === true ? moved(this.kind) : gone(this.kind);
  }

  update(change: (state: unknown) => unknown): Promise<unknown> {
    this.#updates ??= new Updates(this);
    return this.#updates.run(change).then(async (state) => {
      if (!this.isLiveOnly) await this.persistence?.kept();
      return state;
    });
  }

  stateChanged(): void {
    if (!this.isLiveOnly) this.persistence?.changed();
  }

  // ---- opening and releasing

  /** Made anew each time: handles are many, and most of them rest. */
  #facade(): HandleFacade {
    return new HandleFacade(this);
  }

  open(): void {
    const { settings } = this.kind;
    this.incarnations.open('session.ready', async () => {
      this.state = atOnce('state', settings.state?.(this.input));
      const { input } = this;
      if (!settings.reopens) this.input = undefined;
      this.value = await settings.open(input, this.#facade());
    });
  }

  reopen(): void {
    const began = this.now();
    this.lifetimes.handshake.arm(this);
    const { incarnations } = this;
    incarnations.open('session.woken', () =>
      this.dormancy.woke(incarnations.current, incarnations.epoch, began),
    );
  }

  /** Releases what is live, and everything it owns. */
  release(): Promise<void> {
    this.value = undefined;
    return this.incarnations.release();
  }

  /** The handle is over here: with a durable store, the next process may go on with it. */
  async end(): Promise<void> {
    if (this.#goesOn) {
      await this.dormancy.leave();
      this.isKept = await this.persistence!.stored();
    }
    await this.release();
  }

  // ---- sleep

  override get isStorable(): boolean {
    return true;
  }

  get isPlain(): boolean {
    return isPlainData(this.state) && isPlainData(this.input);
  }

  get isAsleep(): boolean {
    return this.snapshot.hasTag('asleep');
  }

  get isDozing(): boolean {
    return this.snapshot.hasTag('dozing');
  }

  get dormancy(): Dormancy {
    this.#dormancy ??= new Dormancy(this, this.kind.keeper, this);
    return this.#dormancy;
  }

  get openDormancy(): Dormancy | null {
    return this.#dormancy;
  }

  get isDismissed(): boolean {
    return this.#isDismissed;
  }

  get forgotten(): Promise<void> | null {
    return this.persistence?.forgotten ?? null;
  }

  record(): Recorded {
    return handleRecordOf(this);
  }

  get saysHow(): boolean {
    return this.kind.settings.onSleep !== undefined;
  }

  onSleep(): unknown {
    return this.kind.settings.onSleep!(this.value, this.#facade());
  }

  async onWake({ kept }: Woken): Promise<void> {
    const { onWake, open } = this.kind.settings;
    this.value =
      onWake === undefined
        ? await open(this.input, this.#facade())
        : await onWake(kept, this.#facade());
  }

  /** Nothing in this process needs the actor: the handle can go on as its record. */
  get canPassivate(): boolean {
    const isQuiet = this.isAsleep && !this.holdsPlace && this.#updates?.isEmpty !== false;
    return isQuiet && this.incarnations.isReleased;
  }

  fellAsleep(): void {
    this.giveUpPlace();
    this.dormancy.slept();
    this.later(this.release(), () => this.passivate());
  }

  passivate(): void {
    if (!this.isAsleep) return;
    this.kind.passivate(this);
    if (!this.#isDismissed && this.canPassivate) this.lifetimes.quiet.arm(this);
  }

  dismissed(): void {
    this.#isDismissed = true;
    this.disarm();
  }

  override checkQuiet(): void {
    if (this.isAsleep) this.passivate();
    else super.checkQuiet();
  }

  /** Makes room only where nothing is lost by it. */
  override yieldPlace(): void {
    if (this.canSleep) this.tell({ type: 'deadline.passed' });
  }

  activated(): void {
    this.lifetimes.handshake.disarm(this);
    this.#dormancy?.activated();
    this.persistence?.activated();
  }

  /** The handle ends: nothing of it is kept, unless another process goes on with it. */
  forget(): void {
    this.#dormancy?.unpin();
    if (this.reason !== 'drained' || !this.#mayGoOn) this.persistence?.forget();
  }

  /** The process ends, and the next one can go on with the handle. */
  get #goesOn(): boolean {
    return this.reason === 'drained' && this.persistence?.isKept === true && this.#mayGoOn;
  }

  /** What the other processes know of the handle, if anything, is enough to go on from. */
  get #mayGoOn(): boolean {
    const isWhole = this.persistence?.isWhole === true && !this.isLiveOnly;
    return isWhole || this.kind.shared === null;
  }

  /** Falls asleep now, where the handle can: nobody uses it. */
  async layDown(): Promise<void> {
    await this.reached('waking');
    const isPinned = this.#dormancy?.pinned !== undefined;
    // What kept the handle awake may be gone.
    if (isPinned) this.tell({ type: 'message.arrived' });
    if (this.arrival === 'dispatch') this.tell({ type: 'session.quiet' });
    if (this.canSleep) this.tell({ type: 'deadline.passed' });
    await this.reached('dozing');
  }

  /** Another process goes on with the handle. */
  lose(): void {
    this.dismissed();
    this.close('replaced');
    // Nothing here may finish what the handle goes on with elsewhere.
    this.tell({ type: 'deadline.passed' });
  }
}
