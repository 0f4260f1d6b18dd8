import { ActorsError } from '../base/errors.ts';
import type { OrphanListener, WaitWithin } from '../base/resource.ts';
import { type Owned, type Owner, type OwnOptions, Scope } from '../base/scope.ts';
import type { Journal } from '../events/journal.ts';
import { runInSession, type SessionContext } from '../session/context.ts';
import type { Incarnation } from '../session/dormancy.ts';
import type { Session } from '../session/session.ts';

/** The handle that is open. */
export interface IncarnationOwner {
  readonly world: object;
  readonly journal: Journal;
  readonly services: Pick<Owner, 'clock' | 'limits'>;
  readonly lifetimes: { readonly wait: WaitWithin };
  /** Nothing of the handle can be kept without what is live. */
  readonly isLiveOnly: boolean;
  /** Something of the handle runs or waits: an escaped error is most likely from there. */
  readonly isAtWork: boolean;
  crash(error: unknown): void;
  lost(error: unknown): void;
}

/**
 * What is live of a handle, from `open` or `onWake` until the handle sleeps or is over: the resources
 * it owns, and the context its code runs in. No session is part of that context, for the handle
 * outlives the session that made it.
 */
export class HandleIncarnation implements Incarnation, SessionContext {
  readonly #owner: IncarnationOwner;
  #scope: Scope | null = null;
  #abort: AbortController | null = null;
  #isReleased = false;

  constructor(owner: IncarnationOwner) {
    this.#owner = owner;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  get owned(): number {
    return this.#scope?.size ?? 0;
  }

  get keepsAwake(): boolean {
    return this.#owner.isLiveOnly || this.#scope?.keepsAwake === true;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isReleased) this.#abort.abort();
    return this.#abort.signal;
  }

  /** @throws ActorsError `bad-option`, `not-disposable`, `session-over`, `too-many-resources` */
  own(resource: Owned, options: OwnOptions): void {
    const { journal, lifetimes, services } = this.#owner;
    const { clock, limits } = services;
    const orphan: OrphanListener = (error) => journal.orphan('resource', error);
    if (this.#isReleased) {
      // `open` took longer than the handle lived. Whatever it has opened since is nobody's.
      const late = new Scope();
      late.own(resource, options, { clock, limits, crash: orphan, lost: () => {} });
      late.close(lifetimes.wait, orphan).catch(orphan);
      throw new ActorsError('session-over', 'own() after the handle ended: it is released');
    }
    this.#scope ??= new Scope();
    if (this.#scope.size >= limits.maxResources) journal.tripped('maxResources');
    const crash = (error: unknown): void => this.crash(error);
    const lost = (error: unknown): void => {
      if (!this.#isReleased) this.#owner.lost(error);
    };
    this.#scope.own(resource, options, { clock, limits, crash, lost });
  }

  async release(): Promise<void> {
    const { journal, lifetimes } = this.#owner;
    this.#isReleased = true;
    this.#abort?.abort();
    const orphan: OrphanListener = (error) => journal.orphan('resource', error);
    await this.run(() => this.#scope?.close(lifetimes.wait, orphan));
  }

  crash(error: unknown): void {
    if (this.#isReleased) this.#owner.journal.orphan('resource', error);
    else this.#owner.crash(error);
  }

  run<R>(callback: () => R): R {
    return runInSession(this, callback);
  }

  // ---- the context of the handle's code

  get world(): object {
    return this.#owner.world;
  }

  get session(): Session {
    throw nobody();
  }

  get locals(): Map<unknown, unknown> {
    throw nobody();
  }

  stateChanged(): void {}

  ask(): Promise<never> {
    return Promise.reject(nobody());
  }

  stray(error: unknown, isDefect: boolean): void {
    const { isAtWork, journal } = this.#owner;
    if (isDefect) journal.escaped(error, 'defect');
    else if (!this.#isReleased && !isAtWork) journal.escaped(error, 'idle');
    else this.crash(error);
  }
}

function nobody(): ActorsError {
  return new ActorsError('no-session', 'code of a handle runs for no session');
}
