import { ActorsError } from '../base/errors.ts';
import type { WaitWithin } from '../base/resource.ts';
import type { PinnedBy } from '../events/events.ts';
import type { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import type { Keeper } from '../store/keeper.ts';
import { endOf, type SessionRecord } from '../store/record.ts';
import type { Persistence } from './persistence.ts';
import { isPlainData } from './plainData.ts';
import type { Left } from './recordOf.ts';
import type { Woken } from './session.ts';
import type { SleepCode } from './sleepCode.ts';

/** What falls asleep and is built anew, as sleep uses it. */
export interface Incarnation {
  /** Something the incarnation owns keeps the session awake. */
  readonly keepsAwake: boolean;
  readonly isReleased: boolean;
  crash(error: unknown): void;
  /** Runs user code as part of the session. */
  run<R>(callback: () => R): R;
}

/** What falling asleep and waking need of a session, or of another kind of actor that sleeps. */
export interface DormancyHost {
  readonly key: string;
  readonly services: Services;
  readonly journal: Journal;
  /** What is awake of the session now. */
  readonly incarnations: { readonly current: Incarnation };
  readonly isStorable: boolean;
  /** The session's state and locals are plain data. */
  readonly isPlain: boolean;
  readonly isDozing: boolean;
  /** The user's actors, which may keep the session awake. */
  readonly userActors?: { readonly isHolding: boolean } | undefined;
  /** Stores the session; `null` where no durable store keeps the session. */
  readonly persistence: Persistence | null;
  readonly lifetimes: {
    /** Runs user code and waits for it, for at most `closeTimeoutMs`. */
    readonly wait: WaitWithin;
  };
  /** Goes on when a promise is fulfilled; what throws then is a crash of the session. */
  later<T>(promise: Promise<T>, go: (value: T) => void): void;
  tell(event: { readonly type: 'session.slept' | 'sleep.refused' }): void;
}

/** Decides when one session falls asleep, and what its next server is told. Made on first use. */
export class Dormancy {
  readonly #host: DormancyHost;
  readonly #keeper: Keeper;
  readonly #code: SleepCode;
  #pinned: PinnedBy | undefined;
  #kept: unknown;
  #woken: Woken | undefined;
  #left: Left | undefined;
  /** The number of the last doze: a doze that a message broke off has a lower one. */
  #dozes = 0;
  /** When a sleeping session ends, in milliseconds since the epoch. */
  expiresAt: number | undefined;

  constructor(host: DormancyHost, keeper: Keeper, code: SleepCode) {
    this.#host = host;
    this.#keeper = keeper;
    this.#code = code;
  }

  /** Why an idle session keeps its server; `undefined` where the session is not pinned. */
  get pinned(): PinnedBy | undefined {
    return this.#pinned;
  }

  get woken(): Woken | undefined {
    return this.#woken;
  }

  /** How the last server ended; `undefined` once the next server is there. */
  get left(): Left | undefined {
    return this.#left;
  }

  /** What `onSleep` returned, kept until the session is in use again. */
  get kept(): unknown {
    return this.#kept;
  }

  // ---- falling asleep

  /** Nothing that is known before `onSleep` is asked keeps the session from sleeping. */
  get canDoze(): boolean {
    return this.#why(this.#code.saysHow) === undefined;
  }

  /** The effect `doze`: tells `session.slept` or `sleep.refused`, in the same turn where it can. */
  doze(): void {
    const number = ++this.#dozes;
    const { saysHow } = this.#code;
    const why = this.#why(saysHow);
    if (why !== undefined) return this.#refuse(why);
    if (!saysHow) return this.#store(number);
    this.#host.later(this.#ask(number), () => {});
  }

  /** The session is in use again: nothing pins it, and what `onSleep` returned is dropped. */
  activated(): void {
    this.unpin();
    // `onSleep` returned this for a sleep that was broken off.
    this.#kept = undefined;
  }

  /** Whatever kept the server of the idle session keeps it no longer. */
  unpin(): void {
    if (this.#pinned === undefined) return;
    this.#host.services.counters.pinned[this.#pinned]--;
    this.#pinned = undefined;
  }

  /** Why the session has to keep its server. @param saysHow there is an `onSleep` */
  #why(saysHow: boolean): PinnedBy | undefined {
    const host = this.#host;
    if (host.userActors?.isHolding === true) return 'actors';
    if (!saysHow && host.incarnations.current.keepsAwake) return 'resources';
    if (saysHow && !host.isStorable) return undefined;
    return host.isPlain ? undefined : 'state';
  }

  async #ask(number: number): Promise<void> {
    const host = this.#host;
    const { journal, lifetimes } = host;
    const { current } = host.incarnations;
    let kept: unknown;
    try {
      await lifetimes.wait(async () => {
        kept = await current.run(() => this.#code.onSleep());
      }, undefined);
      if (!this.#isStill(number)) return;
      if (kept === false) return this.#refuse('refused');
      if (!isPlainData(kept)) return this.#refuse('state');
      this.#kept = kept;
      host.persistence?.touch();
      this.#store(number);
    } catch (error) {
      const isTooLate = error instanceof ActorsError && error.code === 'timed-out';
      if (this.#isStill(number) && !isTooLate) return current.crash(error);
      // A message has broken the sleep off, or `onSleep` has had its time.
      journal.orphan('handler', error);
      if (this.#isStill(number)) this.#refuse('refused');
    }
  }

  #store(number: number): void {
    const host = this.#host;
    if (host.persistence === null) return host.tell({ type: 'session.slept' });
    // Stored even if clean: a state changed in place, without `update`, is not known to be dirty.
    host.later(host.persistence.stored(), (isStored) => {
      if (!this.#isStill(number)) return;
      if (isStored) host.tell({ type: 'session.slept' });
      else this.#refuse('store');
    });
  }

  /**
   * The process ends, and the next one is to go on: keeps what `onSleep` returns now. What can not be
   * kept is reported, and the next process goes on without it.
   */
  async leave(): Promise<void> {
    const host = this.#host;
    if (!this.#code.saysHow) return;
    try {
      await host.lifetimes.wait(async () => {
        const kept = await host.incarnations.current.run(() => this.#code.onSleep());
        if (kept !== false && isPlainData(kept)) this.#kept = kept;
      }, undefined);
    } catch (error) {
      host.journal.orphan('handler', error);
    }
  }

  #isStill(number: number): boolean {
    return number === this.#dozes && this.#host.isDozing;
  }

  #refuse(why: PinnedBy): void {
    const { key, services } = this.#host;
    this.#pinned = why;
    services.counters.pinned[why]++;
    services.events.emit('session.pinned', { session: key, why });
    this.#host.tell({ type: 'sleep.refused' });
  }

  // ---- waking

  /** Goes on from a record: what the record says of the session's sleep. */
  restore(record: SessionRecord): void {
    const { kept, asleep, asked } = record;
    this.#kept = kept;
    this.expiresAt = endOf(record);
    this.#left = { cause: asleep ? 'slept' : 'restarted', expired: asked };
  }

  /** The server is released: the session sleeps. */
  slept(): void {
    const { key, services } = this.#host;
    this.renew();
    this.#left = { cause: 'slept', expired: [] };
    services.counters.slept++;
    services.events.emit('session.slept', { session: key });
  }

  /** Starts the time a sleeping session has left anew. */
  renew(): void {
    this.expiresAt = this.#keeper.expiry();
  }

  /** The server crashed. @param expired methods of the questions the server had open */
  crashed(expired: readonly string[]): void {
    this.unpin();
    this.#kept = undefined;
    this.#left = { cause: 'crashed', expired };
  }

  /** Calls `onWake` for the next server, which knows its client; no message has reached it yet. */
  async woke(current: Incarnation, epoch: number, began: number): Promise<void> {
    const { key, services } = this.#host;
    const { clock, counters, events } = services;
    const woken = this.#wakes();
    const { cause } = woken;
    for (const method of woken.expired) {
      events.emit('question.expired', { session: key, method, cause });
    }
    await this.#code.onWake(woken);
    if (current.isReleased) return;
    if (cause === 'crashed') counters.restarts++;
    else counters.woken++;
    events.emit('session.woken', { session: key, cause, epoch, ms: clock.now() - began });
  }

  #wakes(): Woken {
    const { cause = 'slept', expired = [] } = this.#left ?? {};
    const woken = { cause, expired, kept: this.#kept };
    this.#woken = woken;
    this.#left = undefined;
    this.#kept = undefined;
    this.expiresAt = undefined;
    return woken;
  }
}
