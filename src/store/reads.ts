import { ActorsError } from '../base/errors.ts';
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { type Timer, within } from '../base/within.ts';
import type { SessionStore } from './store.ts';

/** Asks a session store. In memory it answers in the same turn; any other has `storeTimeoutMs`. */
export class Reads implements Pick<SessionStore, 'get' | 'page' | 'due' | 'count' | 'rows'> {
  readonly #store: SessionStore;
  readonly #timer: Timer;

  /** @param timer how long the store may take for an answer */
  constructor(store: SessionStore, timer: Timer) {
    this.#store = store;
    this.#timer = timer;
  }

  readonly get: SessionStore['get'] = (id) => this.#within(() => this.#store.get(id));
  readonly page: SessionStore['page'] = (query) => this.#within(() => this.#store.page(query));
  readonly due: SessionStore['due'] = (now, limit) =>
    this.#within(() => this.#store.due(now, limit));
  readonly count: SessionStore['count'] = (principal) =>
    this.#within(() => this.#store.count(principal));
  readonly rows: SessionStore['rows'] = (id) => this.#within(() => this.#store.rows(id));

  /** Closes the store: the last thing that is asked of it. */
  async close(): Promise<void> {
    await this.#within(() => this.#store.close());
  }

  /** Asks the store with a time limit. A store that throws is treated as one that rejects. */
  #within<T>(ask: () => Awaitable<T>): Awaitable<T> {
    let asked: Awaitable<T>;
    try {
      asked = ask();
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    return isPromise(asked) ? within(asked, this.#timer, late) : asked;
  }
}

/** The error of a caller that waited for a store for `storeTimeoutMs`. */
export function late(): ActorsError {
  return new ActorsError('store-unavailable', 'the session store did not answer in time');
}
