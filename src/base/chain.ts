import { AT_ONCE, type Deadlines, type Due } from './deadlines.ts';

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

  /** Takes an item out, if it is in this chain. @returns whether the item was */
  delete(item: T): boolean {
    if (item.chain !== this) return false;
    const { older, newer } = item;
    if (older === null) this.#first = newer;
    else older.newer = newer;
    if (newer === null) this.#last = older;
    else newer.older = older;
    item.chain = null;
    item.older = null;
    item.newer = null;
    return true;
  }
}

/** What falls due in a {@link DeadlineChain}: the fields are the chain's alone. */
export interface Deadlined<T> extends Chained<T> {
  /** When the deadline was armed, in milliseconds since the epoch. */
  armedAt: number;
}

/**
 * Items that fall due one fixed delay after they were armed, as in a queue of {@link Deadlines}; the
 * links are fields of the items. For deadlines that are armed and disarmed with each call: a `Map`
 * that is emptied as often as it is filled makes its table anew each time.
 */
export class DeadlineChain<T extends Deadlined<T>> implements Due {
  readonly #armed = new Chain<T>();
  readonly #sweep: Deadlines;
  readonly #delayMs: number;
  readonly #fire: (item: T) => void;
  #size = 0;

  /** @param delayMs milliseconds; `Infinity` makes a chain that never fires */
  constructor(sweep: Deadlines, delayMs: number, fire: (item: T) => void) {
    this.#sweep = sweep;
    this.#delayMs = delayMs;
    this.#fire = fire;
    sweep.add(this);
  }

  get size(): number {
    return this.#size;
  }

  /** Starts the delay of an item anew. */
  arm(item: T): void {
    this.disarm(item);
    this.#armed.add(item);
    this.#size++;
    item.armedAt = this.#sweep.expectIn(this.#delayMs);
  }

  disarm(item: T): void {
    if (this.#armed.delete(item)) this.#size--;
  }

  next(): number {
    const { first } = this.#armed;
    return first === null ? Infinity : first.armedAt + this.#delayMs;
  }

  run(now: number, failed: (error: unknown) => void): void {
    for (let fired = 0; fired < AT_ONCE; fired++) {
      const { first } = this.#armed;
      if (first === null || first.armedAt + this.#delayMs > now) return;
      this.disarm(first);
      try {
        this.#fire(first);
      } catch (error) {
        // Items behind this one are other sessions'.
        failed(error);
      }
    }
  }

  clear(): void {
    while (this.#armed.first !== null) this.disarm(this.#armed.first);
  }
}
