import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import { isPromise } from '../base/awaitable.ts';
import type { SessionStore } from './store.ts';
import type { Awaitable } from '../base/awaitable.ts';

/** Asks a session store. In memory it answers in the same turn; no other is waited for for ever. */
export class Reads implements Pick<SessionStore, 'get' | 'page' | 'due' | 'count' | 'rows'> {
  readonly #store: SessionStore;
  readonly #storing: DeadlineQueue<() => void>;

  /** @param storing who waits for the store, and how they are told that it takes too long */
  constructor(store: SessionStore, storing: DeadlineQueue<() => void>) {
    this.#store = store;
    this.#storing = storing;
  }

  get(id: string): ReturnType<SessionStore['get']> {
    return this.#within(() => this.#store.get(id));
  }

  page(query: Parameters<SessionStore['page']>[0]): ReturnType<SessionStore['page']> {
    return this.#within(() => this.#store.page(query));
  }

  due(now: number, limit: number): ReturnType<SessionStore['due']> {
    return this.#within(() => this.#store.due(now, limit));
  }

  count(principal?: string): Awaitable<number> {
    return this.#within(() => this.#store.count(principal));
  }

  rows(id: string): ReturnType<SessionStore['rows']> {
    return this.#within(() => this.#store.rows(id));
  }

  /** The last thing asked of it. */
  async close(): Promise<void> {
    await this.#within(() => this.#store.close());
  }

  /** A store that throws is one that rejects. */
  #within<T>(ask: () => Awaitable<T>): Awaitable<T> {
    let asked: Awaitable<T>;
    try {
      asked = ask();
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    return isPromise(asked) ? this.#wait(asked) : asked;
  }

  async #wait<T>(asked: PromiseLike<T>): Promise<T> {
    let tooLong!: () => void;
    const late = new Promise<never>((_resolve, reject) => {
      tooLong = () =>
        reject(new ActorsError('store-unavailable', 'the session store did not answer in time'));
    });
    this.#storing.arm(tooLong);
    try {
      return await Promise.race([asked, late]);
    } finally {
      this.#storing.disarm(tooLong);
    }
  }
}
