import type { SessionStore, StoreChange } from 'mcp-actors/store';

/** A disk that writes, until from some moment on no write comes back. */
export class HangingStore implements SessionStore {
  readonly isDurable = true;
  readonly #disk: SessionStore;
  hangs = false;

  constructor(disk: SessionStore) {
    this.#disk = disk;
  }

  get: SessionStore['get'] = (id) => this.#disk.get(id);
  page: SessionStore['page'] = (query) => this.#disk.page(query);
  due: SessionStore['due'] = (now, limit) => this.#disk.due(now, limit);
  count: SessionStore['count'] = (principal) => this.#disk.count(principal);
  rows: SessionStore['rows'] = (id) => this.#disk.rows(id);
  close: SessionStore['close'] = () => this.#disk.close();

  write(changes: readonly StoreChange[]): ReturnType<SessionStore['write']> {
    return this.hangs ? new Promise(() => {}) : this.#disk.write(changes);
  }
}
