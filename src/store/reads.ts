import { ActorsError } from '../base/errors.ts';
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { type Timer, within } from '../base/within.ts';
import type { SessionStore } from './store.ts';

/** Asks a session store. In memory it answers in the same turn; any other has `storeTimeoutMs`. */
export class Reads implements Pick<SessionStore, 'get' | 'page' | 'due' | 'count' | 'rows'> {
  readonly #store: SessionStore;
  readonly #timer: Timer;
  readonly #onCorrupt: (id: string) => void;

  /**
   * @param timer how long the store may take for an answer
   * @param onCorrupt the store has put a record aside that nobody can read, perhaps after that time
   */
  constructor(store: SessionStore, timer: Timer, onCorrupt: (id: string) => void) {
    this.#store = store;
    this.#timer = timer;
    this.#onCorrupt = onCorrupt;
  }

  readonly get: SessionStore['get'] = (id) => this.#within(() => this.#get(id));
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

  #get(id: string): ReturnType<SessionStore['get']> {
    const asked = this.#store.get(id);
    if (!isPromise(asked)) return asked;
    return Promise.resolve(asked).catch((error: unknown) => {
      // Whether or not anybody still waits: from here on there is no such record.
      if (isCorrupt(error)) this.#onCorrupt(id);
      throw error;
    });
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

/** Whether a store found a record that can not be read, and has put the record aside. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof ActorsError && error.code === 'record-corrupt';
}

/** The error of a caller that waited for a store for `storeTimeoutMs`. */
export function late(): ActorsError {
  return new ActorsError('store-unavailable', 'the session store did not answer in time');
}
