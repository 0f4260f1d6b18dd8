/** What is in a {@link Chain}: the fields are the chain's alone. */
export interface Chained<T> {
  chain: object | null;
  older: T | null;
  newer: T | null;
}

/**
 * A list in the order of adding, whose links are fields of what is in the list: a `Map` keeps holes
 * where its oldest entries were, and walks over them to find the first. An item is in one chain.
 */
export class Chain<T extends Chained<T>> {
  #first: T | null = null;
  #last: T | null = null;

  /** The item added longest ago. */
  get first(): T | null {
    return this.#first;
  }

  /** Adds an item that is in no chain. */
  add(item: T): void {
    item.chain = this;
    item.older = this.#last;
    if (this.#last === null) this.#first = item;
    else this.#last.newer = item;
    this.#last = item;
  }

  /** Takes an item out, if it is in this chain. */
  delete(item: T): void {
    if (item.chain !== this) return;
    const { older, newer } = item;
    if (older === null) this.#first = newer;
    else older.newer = newer;
    if (newer === null) this.#last = older;
    else newer.older = older;
    item.chain = null;
    item.older = null;
    item.newer = null;
  }
}
