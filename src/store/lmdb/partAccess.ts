import type { StorePart } from '../store.ts';
import type { Access, Work } from './commits.ts';
import type { Tables } from './tables.ts';

/** The way to the tables of a part of a store. */
export class PartAccess implements Access {
  readonly #store: Access;
  readonly #part: StorePart;

  constructor(store: Access, part: StorePart) {
    this.#store = store;
    this.#part = part;
  }

  read<T>(work: (tables: Tables) => T | Promise<T>): T | Promise<T> {
    return this.#store.read((tables) => work(this.#of(tables)));
  }

  write(work: Work, changes?: number, bytes?: number): Promise<void> {
    return this.#store.write((tables) => work(this.#of(tables)), changes, bytes);
  }

  /** The files are closed with the store. */
  async close(): Promise<void> {}

  #of(tables: Tables): Tables {
    return tables.parts.get(this.#part)!;
  }
}
