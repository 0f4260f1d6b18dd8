import { outsideSessions } from '../base/asyncContext.ts';
import { ActorsError } from '../base/errors.ts';
import type { Resource } from '../base/resource.ts';
import { checkOwnNames, type Owned } from '../base/scope.ts';
import type { Services } from '../events/services.ts';
import type { Connection } from './connection.ts';
import { runInSession } from './context.ts';
import type { Lazy, LazyOptions } from './session.ts';

/** What a lazy resource needs of the actor of its session. */
export interface LazyHost {
  readonly services: Services;
  /** How much work pins the session. */
  readonly references: number;
}

const DONE = Promise.resolve();

/**
 * A resource of one incarnation of a session, open while it is used. Opened and released one after
 * the other: two of a kind are never open at once.
 */
export class LazyResource<R extends Owned> implements Lazy<R> {
  readonly #open: () => R | PromiseLike<R>;
  readonly #options: Omit<LazyOptions, 'idleMs'>;
  readonly #idleMs: number;
  readonly #host: LazyHost;
  readonly #connection: Connection;
  /** The resource, or the wait for one; `null` while none is open. */
  #resource: Promise<R> | null = null;
  #freed: Promise<void> = DONE;
  #usedAt = 0;
  #timer: unknown;

  constructor(
    open: () => R | PromiseLike<R>,
    options: LazyOptions,
    host: LazyHost,
    connection: Connection,
  ) {
    const { idleMs = host.services.limits.idleTimeoutMs, ...owned } = options;
    checkOwnNames('lazy', owned);
    if (typeof open !== 'function') throw new ActorsError('bad-option', 'lazy() takes a function');
    if (!(typeof idleMs === 'number' && idleMs > 0)) {
      throw new ActorsError('bad-option', 'idleMs must be a number of ms > 0, or Infinity');
    }
    this.#open = open;
    this.#options = owned;
    this.#idleMs = idleMs;
    this.#host = host;
    this.#connection = connection;
  }

  get(): Promise<R> {
    this.#usedAt = this.#now;
    this.#resource ??= this.#begin();
    return this.#resource;
  }

  async #begin(): Promise<R> {
    try {
      await this.#freed;
      this.#check();
      const resource = await this.#open();
      await this.#own(resource);
      return resource;
    } catch (error) {
      // The next to ask tries again.
      this.#resource = null;
      throw error;
    }
  }

  async #own(resource: R): Promise<void> {
    const connection = this.#connection;
    const options = { ...this.#options, keepsAwake: false };
    try {
      const owned = connection.own(resource, options, () => {
        this.#host.services.clock.clearTimeout(this.#timer);
        this.#resource = null;
      });
      this.#usedAt = this.#now;
      this.#watch(owned, this.#idleMs);
    } catch (error) {
      // Opened too late, or one too many: nobody else would release the resource.
      await connection.discard(resource, options);
      throw error;
    }
  }

  /** @throws ActorsError `session-over` */
  #check(): void {
    if (!this.#connection.isReleased) return;
    throw new ActorsError('session-over', 'the server that owns this has been released');
  }

  #watch(owned: Resource, delayMs: number): void {
    if (delayMs === Infinity) return;
    const { clock } = this.#host.services;
    this.#timer = outsideSessions(() => clock.setTimeout(() => this.#look(owned), delayMs));
  }

  /** Releases the resource where nobody has used the resource for long enough. */
  #look(owned: Resource): void {
    const { services, references } = this.#host;
    if (references > 0) {
      // Whatever is in flight may hold the resource: the time counts from its end.
      this.#usedAt = this.#now;
      return this.#watch(owned, Math.min(this.#idleMs, services.limits.quietMs));
    }
    const left = this.#usedAt + this.#idleMs - this.#now;
    if (left > 0) return this.#watch(owned, left);
    services.counters.freed++;
    const connection = this.#connection;
    this.#freed = runInSession(connection, () => connection.free(owned));
  }

  get #now(): number {
    return this.#host.services.clock.now();
  }
}
