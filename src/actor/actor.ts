import {
  type Arrival,
  arrivalOf,
  type EndReason,
  type SessionEvent,
} from '../../machines/session.ts';
import {
  firstStep,
  nextStep,
  type SessionEffect,
  type SessionSnapshot,
  sleepingStep,
  type Step,
} from '../../machines/step.ts';
import type { Beginning } from '../events/events.ts';
import { RestartIntensity } from './intensity.ts';
import { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';

import { countedState } from '../events/counters.ts';

/** Why there is no place for a session. */
export type NoPlace = 'draining' | 'at-capacity';

/** What an actor tells its supervisor. */
export interface Overseer {
  readonly services: Services;
  /** The handshake is complete. */
  confirmed(): void;
  /** The actor gives up its place. */
  ending(actor: Actor): void;
  /** The actor takes a place again, or why it can not. */
  returning(actor: Actor): NoPlace | undefined;
  /** The actor is gone. */
  bury(actor: Actor, reason: EndReason): void;
}

const DONE = Promise.resolve();

/** Before it begins. */
const NOWHERE: Step = { ...firstStep(false), path: 'new', effects: [] };

/**
 * One life: the machine that says where it stands, stepped one event at a time, and the deadlines
 * and books every life has. What the machine's effects do is its subclass's.
 */
export abstract class Actor {
  readonly id: string;
  /** A name for logs and events. */
  readonly key: string;
  readonly principal: string | undefined;
  readonly services: Services;
  readonly journal: Journal;
  /** Kept by the supervisor: this actor counts against the caps. */
  holdsPlace = false;
  readonly #overseer: Overseer;
  /** Since the runtime began: a small integer needs no object of its own. */
  readonly #started: number;
  #step: Step = NOWHERE;
  /** Events told while a transition's effects run; `null` when none does. */
  #told: SessionEvent[] | null = null;
  #intensity: RestartIntensity | null = null;
  /** Who waits for it to get somewhere. */
  #watchers: Set<() => void> | null = null;

  /** @param earlier of one that goes on from a record */
  constructor(
    overseer: Overseer,
    id: string,
    principal: string | undefined,
    earlier?: { readonly key: string; readonly startedAt: number },
  ) {
    this.#overseer = overseer;
    this.services = overseer.services;
    this.id = id;
    this.key = earlier?.key ?? this.services.digest(id);
    this.principal = principal;
    this.#started = (earlier?.startedAt ?? this.now()) - this.services.began;
    this.journal = new Journal(this.services, this.key);
  }

  /** Does what a transition asked for. */
  protected abstract perform(effect: SessionEffect): void;
  /** Work that pins the actor. */
  abstract readonly references: number;
  /** Requests accepted and not yet answered. */
  abstract readonly inFlight: number;
  /** Whether it was used since this was last asked. */
  protected abstract takeTouched(): boolean;

  get snapshot(): SessionSnapshot {
    return this.#step.snapshot;
  }

  /** The path of the state it is in. For those who watch: ask the snapshot for tags. */
  get path(): string {
    return this.#step.path;
  }

  get arrival(): Arrival {
    // What comes after a crash is not its server's any more, even before the machine has heard.
    return this.#isCrashing ? 'stash' : arrivalOf(this.snapshot);
  }

  get isConfirmed(): boolean {
    return this.snapshot.context.confirmed;
  }

  get reason(): EndReason {
    return this.snapshot.context.reason ?? 'terminated';
  }

  get startedAt(): number {
    return this.services.began + this.#started;
  }

  now(): number {
    return this.services.settings.clock.now();
  }

  /** Tells the machine an edge. Events told by its effects wait until those have run. */
  tell(event: SessionEvent): void {
    if (this.#told !== null) this.#told.push(event);
    else this.#run(nextStep(this.snapshot, event), event);
  }

  close(reason: EndReason): void {
    this.tell({ type: 'session.close', reason });
  }

  /**
   * Something of this actor threw where nobody caught it. It ends, or is rebuilt, alone.
   */
  crash(error: unknown): void {
    if (this.snapshot.hasTag('ending') || this.#isCrashing) {
      this.journal.orphan('handler', error);
      return;
    }
    const { counters, events, settings } = this.services;
    this.#intensity ??= new RestartIntensity(settings.onCrash);
    const restart = this.arrival !== 'stash' && this.#intensity.allows(this.now());
    counters.crashes++;
    events.emit('session.crashed', { session: this.key, error, restarted: restart });
    this.tell({ type: 'session.crashed', restart });
  }

  /** Resolves when it has ended, or waking is over. */
  reached(what: 'waking' | 'ended'): Promise<void> {
    const isSettled = (): boolean =>
      what === 'ended' ? this.path === 'evicted' : !this.snapshot.hasTag('stash');
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

  /** Zero references for a moment: told to the machine, or looked for again (from the sweep). */
  lookForQuiet(): void {
    const isBusy = this.takeTouched();
    if (isBusy || this.references > 0) this.services.quiet.arm(this);
    else this.tell({ type: 'session.quiet' });
  }

  /** Starts the machine: the factory runs. */
  protected begin(sleeps: boolean): void {
    this.services.handshake.arm(this);
    this.#run(firstStep(sleeps), { type: 'session.opened', sleeps });
  }

  /** Goes on from a record: asleep, with nothing to do until somebody comes. */
  protected recall(confirmed: boolean): void {
    this.#run(sleepingStep(confirmed), { type: 'session.recalled', confirmed });
  }

  // ---- effects that are the same for every life

  watchQuiet(): void {
    this.services.quiet.arm(this);
  }

  armIdle(): void {
    // Attached ones that do not sleep stay: neither TTL nor capacity may find them in the queue.
    const { attached, sleeps } = this.snapshot.context;
    if (!attached || sleeps) this.services.idle.arm(this);
  }

  armEvict(): void {
    // An attached session is kept for as long as its stream is.
    if (!this.snapshot.context.attached) this.services.evict.arm(this);
  }

  disarm(): void {
    this.services.quiet.disarm(this);
    this.services.evict.disarm(this);
    this.services.idle.disarm(this);
    this.services.closing.disarm(this);
  }

  confirmed(): void {
    this.services.handshake.disarm(this);
    this.#overseer.confirmed();
  }

  /** Gives up its place where it can: by ending, if it is not attached. */
  yieldPlace(): boolean {
    if (!this.snapshot.context.attached) this.close('capacity');
    return !this.holdsPlace;
  }

  /** Sleeps: its place is another's. */
  protected giveUpPlace(): void {
    this.#overseer.ending(this);
  }

  /** Wakes: it needs a place. Why there is none. */
  protected takePlace(): NoPlace | undefined {
    return this.holdsPlace ? undefined : this.#overseer.returning(this);
  }

  /** Gives up its place: what comes from here on is answered 404. */
  leave(): void {
    this.#overseer.ending(this);
    this.services.handshake.disarm(this);
    // A drain has a deadline of its own, for all.
    if (this.reason !== 'drained') this.services.closing.arm(this);
  }

  bury(): void {
    // One that was cut never leaves the state its last clock was started for.
    this.disarm();
    this.#overseer.bury(this, this.reason);
  }

  /** A crash is told, and waits for the effects of another step. */
  get #isCrashing(): boolean {
    return this.#told?.some(({ type }) => type === 'session.crashed') ?? false;
  }

  /** Commits a step, runs its effects in order, then what they told the machine in turn. */
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
    // One that is recalled was counted all the while.
    if (step.path !== last.path && event.type !== 'session.recalled') {
      counters.moved(countedState(last.path), countedState(step.path));
    }
    if (!events.watchesTransitions) return;
    // An event that is not for the state it met is no transition.
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
