import { type Arrival, arrivalOf, type EndReason, type SessionEvent } from '../machines/session.ts';
import {
  firstStep,
  nextStep,
  type SessionEffect,
  type SessionSnapshot,
  type Step,
} from '../machines/step.ts';
import { RestartIntensity } from './intensity.ts';
import { Journal } from './journal.ts';
import type { Services } from './services.ts';
import type { CountedState } from './stats.ts';

/** What an actor tells its supervisor. */
export interface Overseer {
  readonly services: Services;
  /** The handshake is complete. */
  confirmed(): void;
  /** The actor gives up its place. */
  ending(actor: Actor): void;
  /** The actor is gone. */
  bury(actor: Actor, reason: EndReason): void;
}

/**
 * One life: the machine that says where it stands, stepped one event at a time, and the deadlines
 * and books every life has. What the machine's effects do is its subclass's.
 */
export abstract class Actor {
  readonly id: string;
  /** A name for logs and events. */
  readonly key: string;
  readonly principal: string | undefined;
  readonly startedAt: number;
  readonly services: Services;
  readonly journal: Journal;
  /** Kept by the supervisor: this actor counts against the caps. */
  holdsPlace = false;
  readonly #overseer: Overseer;
  #snapshot = firstStep(false).snapshot;
  /** Events told while a transition's effects run; `null` when none does. */
  #told: SessionEvent[] | null = null;
  #state: CountedState | 'evicted' | 'new' = 'new';
  #intensity: RestartIntensity | null = null;

  constructor(overseer: Overseer, id: string, principal: string | undefined) {
    this.#overseer = overseer;
    this.services = overseer.services;
    this.id = id;
    this.key = this.services.digest(id);
    this.principal = principal;
    this.startedAt = this.now();
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
    return this.#snapshot;
  }

  get arrival(): Arrival {
    // What comes after a crash is not its server's any more, even before the machine has heard.
    return this.#isCrashing ? 'stash' : arrivalOf(this.#snapshot);
  }

  get isConfirmed(): boolean {
    return this.#snapshot.context.confirmed;
  }

  get reason(): EndReason {
    return this.#snapshot.context.reason ?? 'terminated';
  }

  now(): number {
    return this.services.settings.clock.now();
  }

  /** Tells the machine an edge. Events told by its effects wait until those have run. */
  tell(event: SessionEvent): void {
    if (this.#told !== null) this.#told.push(event);
    else this.#run(nextStep(this.#snapshot, event));
  }

  close(reason: EndReason): void {
    this.tell({ type: 'session.close', reason });
  }

  /**
   * Something of this actor threw where nobody caught it. It ends, or is rebuilt, alone.
   */
  crash(error: unknown): void {
    if (this.#snapshot.hasTag('ending') || this.#isCrashing) {
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

  /** Zero references for a moment: told to the machine, or looked for again (from the sweep). */
  lookForQuiet(): void {
    const isBusy = this.takeTouched();
    if (isBusy || this.references > 0) this.services.quiet.arm(this);
    else this.tell({ type: 'session.quiet' });
  }

  /** Starts the machine: the factory runs. */
  protected begin(): void {
    this.services.handshake.arm(this);
    this.#run(firstStep(false));
  }

  // ---- effects that are the same for every life

  watchQuiet(): void {
    this.services.quiet.arm(this);
  }

  armIdle(): void {
    // Attached sessions stay: neither TTL nor capacity may find them in the queue.
    if (!this.#snapshot.context.attached) this.services.idle.arm(this);
  }

  disarm(): void {
    this.services.quiet.disarm(this);
    this.services.idle.disarm(this);
    this.services.closing.disarm(this);
  }

  confirmed(): void {
    this.services.handshake.disarm(this);
    this.#overseer.confirmed();
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
  #run(first: Step): void {
    const told: SessionEvent[] = [];
    this.#told = told;
    let step = first;
    for (;;) {
      this.#moved(step.snapshot);
      for (const effect of step.effects) {
        try {
          this.perform(effect);
        } catch (error) {
          this.crash(error);
        }
      }
      const event = told.shift();
      if (event === undefined) break;
      step = nextStep(this.#snapshot, event);
    }
    this.#told = null;
  }

  #moved(snapshot: SessionSnapshot): void {
    this.#snapshot = snapshot;
    const { value } = snapshot;
    const state = (typeof value === 'string' ? value : Object.keys(value)[0]) as
      | CountedState
      | 'evicted';
    const from = this.#state;
    if (state === from) return;
    this.#state = state;
    const { counters, events } = this.services;
    if (from !== 'evicted' && from !== 'new') counters.sessions[from]--;
    if (state !== 'evicted') counters.sessions[state]++;
    events.emit('session.transition', { session: this.key, from, to: state });
  }
}
