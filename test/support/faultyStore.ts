import type { SessionRecord } from '../../src/store/record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StoreTime,
} from '../../src/store/store.ts';
import { ActorsError } from '../../src/base/errors.ts';
import { turn } from './eventually.ts';

/** How often something goes wrong, from 0 to 1. */
export interface Faults {
  /** A call takes some turns of the event loop. */
  readonly slow?: number;
  /** A call is refused, and nothing is done. */
  readonly failing?: number;
  /** A write is done, and refused all the same: nobody knows what became of it. */
  readonly torn?: number;
  /** A write does not wait for the ones before it. */
  readonly reordered?: number;
}

interface Pending {
  readonly changes: readonly StoreChange[];
  readonly mayOvertake: boolean;
}

const NONE: Required<Faults> = { slow: 0, failing: 0, torn: 0, reordered: 0 };

/**
 * A store with the faults of a disk, by a seed: the same calls meet the same faults.
 *
 * Each write stays all or nothing, as every store must keep it.
 */
export class FaultyStore implements SessionStore {
  readonly isDurable: boolean;
  /** Calls that were refused. */
  failures = 0;
  readonly #inner: SessionStore;
  #faults: Required<Faults>;
  #busy = 0;
  readonly #random: () => number;
  readonly #wait: () => Promise<void>;
  readonly #damaged = new Set<string>();
  /** Writes that were asked for and not made, the oldest first. */
  readonly #pending = new Set<Pending>();
  /** Writes the store below is about. */
  readonly #making = new Set<Promise<void>>();
  #last: Promise<unknown> = Promise.resolve();
  #isDead = false;

  /** @param wait what a slow call waits for, again and again; a turn of the event loop by default */
  constructor(inner: SessionStore, seed: number, faults: Faults = {}, wait = turn) {
    this.#inner = inner;
    this.isDurable = inner.isDurable;
    this.#faults = { ...NONE, ...faults };
    this.#random = randomOf(seed);
    this.#wait = wait;
  }

  /** From here on. */
  set faults(faults: Faults) {
    this.#faults = { ...NONE, ...faults };
  }

  /** Calls that are under way. */
  get busy(): number {
    return this.#busy;
  }

  async get(id: string): Promise<SessionRecord | undefined> {
    return this.#call(async () => {
      const record = await this.#inner.get(id);
      if (!this.#damaged.delete(id) || record === undefined) return record;
      await this.#inner.write([{ type: 'remove', id }]);
      throw new ActorsError('record-corrupt', 'Damaged by a test');
    });
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    const isTorn = this.#happens('torn');
    const pending: Pending = {
      // As every durable store: what the caller does to it later is not written.
      changes: this.isDurable ? structuredClone(changes) : changes,
      mayOvertake: this.#happens('reordered'),
    };
    const before = this.#last;
    const made = this.#call(async () => {
      if (!pending.mayOvertake) await before;
      if (this.#isDead) await never();
      this.#pending.delete(pending);
      const making = (async () => this.#inner.write(pending.changes))();
      this.#making.add(making);
      try {
        await making;
      } finally {
        this.#making.delete(making);
      }
    });
    this.#pending.add(pending);
    this.#last = Promise.allSettled([before, made]);
    try {
      await made;
    } finally {
      this.#pending.delete(pending);
    }
    if (isTorn) this.#fail();
  }

  async page(query: RecordQuery): Promise<RecordPage> {
    return this.#call(async () => this.#inner.page(query));
  }

  async due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    return this.#call(async () => this.#inner.due(now, limit));
  }

  async count(principal?: string): Promise<number> {
    return this.#call(async () => this.#inner.count(principal));
  }

  async rows(id: string): Promise<Awaited<ReturnType<SessionStore['rows']>>> {
    return this.#call(async () => this.#inner.rows(id));
  }

  async time(): Promise<StoreTime | undefined> {
    return this.#call(async () => this.#inner.time?.());
  }

  async keepTime(time: StoreTime): Promise<void> {
    return this.#call(async () => this.#inner.keepTime?.(time));
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#inner.close();
  }

  /** The next `get` of this session finds its record corrupt. */
  damage(id: string): void {
    this.#damaged.add(id);
  }

  /**
   * The process dies: no call is answered any more. Of the writes that were not made, some are made
   * yet: the first ones, or any where writes are reordered. The store below is the next process's.
   */
  async crash(): Promise<void> {
    this.#isDead = true;
    let isCut = false;
    for (const { changes, mayOvertake } of this.#pending) {
      if (this.#random() < 0.5) {
        if (!isCut || mayOvertake) await this.#inner.write(changes);
      } else {
        isCut = true;
      }
    }
    this.#pending.clear();
    await Promise.allSettled(this.#making);
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await this.#met(work);
    } finally {
      this.#busy--;
    }
  }

  async #met<T>(work: () => Promise<T>): Promise<T> {
    const isRefused = this.#happens('failing');
    const turns = this.#happens('slow') ? Math.ceil(this.#random() * 5) : 0;
    const later = this.#happens('slow') ? Math.ceil(this.#random() * 5) : 0;
    for (let i = 0; i < turns; i++) await this.#wait();
    if (this.#isDead) return never();
    if (isRefused) this.#fail();
    const result = await work();
    for (let i = 0; i < later; i++) await this.#wait();
    return this.#isDead ? never() : result;
  }

  #fail(): never {
    this.failures++;
    throw new ActorsError('store-unavailable', 'Refused by a test');
  }

  #happens(fault: keyof Faults): boolean {
    return this.#random() < this.#faults[fault];
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** Numbers from 0 to 1 that a seed decides. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
