import type { Arrival, EndReason, SessionEvent } from '../../machines/session.ts';
import {
  firstStep,
  nextStep,
  type SessionEffect,
  type SessionSnapshot,
  sleepingStep,
  type Step,
} from '../../machines/step.ts';
import { countedState } from '../events/counters.ts';
import type { Beginning, ClientName } from '../events/events.ts';
import { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import { type CrashPolicy, RestartIntensity } from './intensity.ts';
import type { Life, Lifetimes } from './lifetimes.ts';
import type { Pending } from './pendingTable.ts';
import type { PrincipalAccount, PrincipalAccounts } from './principalAccount.ts';

/** Why there is no place for an actor. */
export type NoPlace = 'draining' | 'at-capacity' | 'quota-reached' | 'overloaded';

/** What an actor tells its supervisor. */
export interface Parent {
  readonly services: Services;
  readonly lifetimes: Lifetimes;
  readonly accounts: PrincipalAccounts;
  readonly onCrash: CrashPolicy;
  /** The actor's handshake is complete. */
  confirmed(actor: Actor): void;
  /** The actor gives up its place. */
  ending(actor: Actor): void;
  /** The idle actor can give up its place to another. */
  offering(actor: Actor): void;
  /** The actor gives up its place to nobody any more. */
  withdrawing(actor: Actor): void;
  /** The actor needs a place again. @returns why there is none */
  returning(actor: Actor): NoPlace | undefined;
  /** The actor is over in this process and can be forgotten. */
  bury(actor: Actor, reason: EndReason): void;
}

const DONE = Promise.resolve();
const TAGS = { waking: 'stash', dozing: 'dozing' } as const;

/** The step an actor is at before it begins. */
const NOWHERE: Step = { ...firstStep(false), path: 'new', effects: [] };

/**
 * One life: a machine stepped one event at a time, with the deadlines and counters of every life. A
 * kind of actor is a subclass and its table of effects.
 */
export abstract class Actor implements Life, Pending {
  readonly id: string;
  /** The actor's name for logs and events. */
  readonly key: string;
  readonly principal: string | undefined;
  /** What all actors of the principal hold together. */
  readonly principalAccount: PrincipalAccount;
  readonly services: Services;
  readonly journal: Journal;
  /** Set by the supervisor: this actor counts against the caps. */
  holdsPlace = false;
  /** A durable store has what the next process needs to go on with the actor. */
  isKept = false;
  /** Set by the supervisor, as are the next three: the order in which actors give up their place. */
  rest = 0;
  chain: object | null = null;
  older: Life | null = null;
  newer: Life | null = null;
  readonly #parent: Parent;
  /** When the actor began, since the runtime began: a small integer needs no object of its own. */
  readonly #started: number;
  #step: Step = NOWHERE;
  /** Events told while the effects of a step run; `null` while none run. */
  #told: SessionEvent[] | null = null;
  #intensity: RestartIntensity | null = null;
  /** Callers that wait for the actor to wake or to end. */
  #watchers: Set<() => void> | null = null;

  /** @param earlier where the actor goes on from a record */
  constructor(
    parent: Parent,
    id: string,
    principal: string | undefined,
    earlier?: { readonly key: string; readonly startedAt: number },
  ) {
    this.#parent = parent;
    this.services = parent.services;
    this.id = id;
    this.key = earlier?.key ?? this.services.digest(id);
    this.principal = principal;
    this.principalAccount = parent.accounts.of(principal);
    this.#started = (earlier?.startedAt ?? this.now()) - this.services.deadlines.began;
    this.journal = new Journal(this.services, this.key);
  }

  /** Runs an effect the machine names, by this kind's table of effects. */
  protected abstract perform(effect: SessionEffect): void;

  /** How much work pins the actor. */
  get references(): number {
    return 0;
  }

  /** How many requests are accepted and not yet answered. */
  get inFlight(): number {
    return 0;
  }

  /** The actor has something to do at some time, and does not end for being unused until then. */
  protected get isAwaited(): boolean {
    return false;
  }

  /** What the actor's client calls itself. */
  get client(): ClientName | undefined {
    return undefined;
  }

  /** Code of the actor has something to do: a request, a question, a beginning, a sleep, an end. */
  get isAtWork(): boolean {
    const { snapshot } = this;
    if (this.references > 0 || snapshot.hasTag('stash')) return true;
    return snapshot.hasTag('dozing') || snapshot.hasTag('ending');
  }

  /** The actor leaves in a drain, and its work in flight may finish: answers and cancels are let in. */
  get isSettling(): boolean {
    return this.reason === 'drained' && this.snapshot.hasTag('settling');
  }

  /** Whether the actor was used since the last call. */
  protected takeTouched(): boolean {
    return false;
  }

  get snapshot(): SessionSnapshot {
    return this.#step.snapshot;
  }

  /** The path of the actor's state. For watchers only; code asks the snapshot for tags. */
  get path(): string {
    return this.#step.path;
  }

  get arrival(): Arrival {
    // What arrives after a crash is not for the crashed server, even before the machine has heard.
    return this.#told !== null && this.#isCrashing ? 'stash' : this.#step.arrival;
  }

  get isConfirmed(): boolean {
    return this.snapshot.context.confirmed;
  }

  get reason(): EndReason {
    return this.snapshot.context.reason ?? 'terminated';
  }

  get startedAt(): number {
    return this.services.deadlines.began + this.#started;
  }

  get lifetimes(): Lifetimes {
    return this.#parent.lifetimes;
  }

  now(): number {
    return this.services.clock.now();
  }

  /** Tells the machine an edge. Events told by effects wait until these effects have run. */
  tell(event: SessionEvent): void {
    if (this.#told !== null) this.#told.push(event);
    else this.#run(nextStep(this.snapshot, event), event);
  }

  /** The actor can be used: announces it to watchers. */
  announce(): void {
    const { events, principalKey } = this.services;
    events.emit('session.started', { session: this.key, principal: principalKey(this.principal) });
  }

  close(reason: EndReason): void {
    this.tell({ type: 'session.close', reason });
  }

  /** Something of this actor threw where nobody caught it. This actor alone ends, or is rebuilt. */
  crash(error: unknown): void {
    if (this.snapshot.hasTag('ending') || this.#isCrashing) {
      this.journal.orphan('handler', error);
      return;
    }
    const { counters, events } = this.services;
    this.#intensity ??= new RestartIntensity(this.#parent.onCrash);
    const restart = this.arrival !== 'stash' && this.#intensity.allows(this.now());
    counters.crashes++;
    events.emit('session.crashed', { session: this.key, error, restarted: restart });
    this.tell({ type: 'session.crashed', restart });
  }

  /**
   * Something that work of this actor waits for is gone. The actor crashes; in an actor that ends,
   * work in flight is cut, for its answers would not come.
   */
  lost(error: unknown): void {
    if (!this.snapshot.hasTag('ending')) this.crash(error);
    else this.tell({ type: 'session.crashed', restart: false });
  }

  /** Goes on when a promise is fulfilled. What throws then is a crash of this actor, and of no other. */
  later<T>(promise: PromiseLike<T>, go: (value: T) => void): void {
    Promise.resolve(promise)
      .then(go)
      .catch((error: unknown) => this.crash(error));
  }

  /** Resolves when the actor has ended, its waking is over, or it sleeps or does not fall asleep. */
  reached(what: 'waking' | 'dozing' | 'ended'): Promise<void> {
    const isSettled = (): boolean =>
      what === 'ended' ? this.snapshot.status === 'done' : !this.snapshot.hasTag(TAGS[what]);
    if (isSettled()) return DONE;
    return new Promise((resolve) => {
      this.#watchers ??= new Set();
      const watchers = this.#watchers;
      const look = (): void => {
        if (!isSettled()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
    });
  }

  /** From the sweep: tells the machine of zero references for a moment, or looks again later. */
  checkQuiet(): void {
    const isBusy = this.takeTouched();
    if (isBusy || this.references > 0) this.lifetimes.quiet.arm(this);
    else this.tell({ type: 'session.quiet' });
  }

  /** Starts the machine of a new actor: the factory runs. */
  protected begin(sleeps: boolean): void {
    this.lifetimes.handshake.arm(this);
    this.#run(firstStep(sleeps), { type: 'session.opened', sleeps });
  }

  /** Starts the machine of a recorded session: asleep, with nothing to do until a message comes. */
  protected recall(confirmed: boolean): void {
    this.#run(sleepingStep(confirmed), { type: 'session.recalled', confirmed });
  }

  // ---- effects that are the same for every life

  watchQuiet(): void {
    this.lifetimes.quiet.arm(this);
  }

  armIdle(): void {
    const { attached, sleeps } = this.snapshot.context;
    if (attached && !sleeps) return this.#armAttached();
    // Until the handshake is confirmed, its own deadline runs, and no shorter one.
    if (this.isConfirmed && (sleeps || !this.isAwaited)) this.lifetimes.idle.arm(this);
    if (!attached || this.canSleep) this.#parent.offering(this);
  }

  armEvict(): void {
    if (this.snapshot.context.attached) {
      // An actor that sleeps is kept for as long as its stream is.
      if (this.#keepsServer) this.#armAttached();
      return;
    }
    if (!this.isAwaited) this.lifetimes.evict.arm(this);
    this.#parent.offering(this);
  }

  disarm(): void {
    this.lifetimes.disarm(this);
    this.#parent.withdrawing(this);
    if (!this.#keepsServer) this.lifetimes.leave(this);
  }

  spare(): void {
    if (this.#isSpare) this.#parent.offering(this);
  }

  overstay(): void {
    // Without a stream, the deadlines of detached actors decide.
    if (!this.snapshot.context.attached) return;
    this.journal.tripped('evictAttachedAfterMs');
    this.close('expired');
  }

  /** The actor's client has an id to come back with, as on no line of its own. */
  get isStorable(): boolean {
    return false;
  }

  /** An actor whose client can not begin anew lasts as long as its stream. */
  #armAttached(): void {
    if (!this.isStorable) return;
    this.lifetimes.attend(this);
    this.spare();
  }

  /** The actor is idle, and its server is there. */
  get #keepsServer(): boolean {
    return this.snapshot.hasTag('activate') && this.snapshot.hasTag('resident');
  }

  get #isSpare(): boolean {
    return this.snapshot.context.attached && this.lifetimes.isSpare(this);
  }

  confirmed(): void {
    this.lifetimes.handshake.disarm(this);
    this.#parent.confirmed(this);
  }

  get isWarm(): boolean {
    return this.snapshot.hasTag('warm');
  }

  get canSleep(): boolean {
    return this.isWarm && this.snapshot.context.sleeps && this.isConfirmed;
  }

  yieldPlace(): void {
    if (this.canSleep) this.tell({ type: 'deadline.passed' });
    const { snapshot } = this;
    // A dozing actor waits until its record is stored.
    if (!this.holdsPlace || snapshot.hasTag('dozing')) return;
    if (!snapshot.context.attached || this.#isSpare) this.close('capacity');
  }

  /** Nothing is being built for the actor: while unconfirmed, it waits for its client. */
  get isWaiting(): boolean {
    return !this.snapshot.hasTag('stash');
  }

  /** The actor's handshake makes room for that of another. */
  giveWay(): void {
    this.close('capacity');
  }

  /** The actor sleeps: its place is free for another. */
  giveUpPlace(): void {
    this.#parent.ending(this);
  }

  /** The actor wakes and needs a place. @returns why there is none */
  protected takePlace(): NoPlace | undefined {
    return this.holdsPlace ? undefined : this.#parent.returning(this);
  }

  /** The actor is ending and gives up its place: what arrives from here on is answered 404. */
  leave(): void {
    this.#parent.ending(this);
    this.lifetimes.handshake.disarm(this);
    // A drain has one deadline for all actors.
    if (this.reason !== 'drained') this.lifetimes.closing.arm(this);
  }

  bury(): void {
    // An actor that was cut has not left the state in which its last deadline was armed.
    this.disarm();
    this.#parent.bury(this, this.reason);
  }

  /** A crash is told, and waits for the effects of an earlier event. */
  get #isCrashing(): boolean {
    return this.#told?.some(({ type }) => type === 'session.crashed') ?? false;
  }

  /** Commits a step, runs its effects in order, then each event those effects told the machine. */
  #run(first: Step, cause: SessionEvent | Beginning): void {
    const told: SessionEvent[] = [];
    this.#told = told;
    let step = first;
    let because = cause;
    for (;;) {
      this.#moved(step, because);
      for (const effect of step.effects) {
        try {
          this.perform(effect);
        } catch (error) {
          this.crash(error);
        }
      }
      const event = told.shift();
      if (event === undefined) break;
      because = event;
      step = nextStep(this.snapshot, event);
    }
    this.#told = null;
    if (this.#watchers !== null) for (const look of this.#watchers) look();
  }

  #moved(step: Step, event: SessionEvent | Beginning): void {
    const last = this.#step;
    this.#step = step;
    const { counters, events } = this.services;
    // A recalled session was counted all the while, as a record.
    if (step.path !== last.path && event.type !== 'session.recalled') {
      counters.moved(countedState(last.path), countedState(step.path));
    }
    if (!events.watchesTransitions) return;
    // An event that the actor's state does not take is no transition.
    if (step.snapshot === last.snapshot && step.effects.length === 0 && last !== NOWHERE) return;
    const { path: to, effects } = step;
    events.emit('session.transition', {
      at: this.now(),
      session: this.key,
      event,
      from: last.path,
      to,
      effects,
    });
  }
}
