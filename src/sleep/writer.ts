import type { DeadlineQueue } from '../deadlines.ts';
import { ActorsError } from '../errors.ts';
import type { EventStream } from '../events.ts';
import type { SessionRecord } from './record.ts';
import type { SessionStore, StoreChange } from './store.ts';

/** A session, as its writer sees it. */
export interface Kept {
  readonly id: string;
  readonly key: string;
  /** What is to be stored of it now; `undefined` where that can not be stored. */
  record(): SessionRecord | undefined;
  /** Some time has passed since it was marked. */
  writeBehind(): void;
}

export interface WriterHost {
  readonly events: EventStream;
  /** Sessions whose changes are stored a little later. */
  readonly later: DeadlineQueue<Kept>;
  /** What could not be stored, to be tried again. */
  readonly retries: DeadlineQueue<() => void>;
  /** Writes that wait for the store. */
  readonly storing: DeadlineQueue<() => void>;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the next write is to do for one session. */
interface Work {
  kept: Kept | null;
  isRemoved: boolean;
  rows: Map<number, string | undefined>;
  readonly waiting: Waiting[];
}

/** Sessions of one write: what one transaction should hold at most. */
const MAX_BATCH = 256;

/**
 * Puts what sessions keep into a durable store: one write at a time, everything that has come up
 * meanwhile in the next one. So a session's changes reach the store in their order, and the rate of
 * writes is the store's own.
 */
export class Writer {
  readonly #store: SessionStore;
  readonly #host: WriterHost;
  #work = new Map<string, Work>();
  #isWriting = false;
  #idle: (() => void)[] = [];

  constructor(store: SessionStore, host: WriterHost) {
    this.#store = store;
    this.#host = host;
  }

  /** Stores a session within `writeBehindMs`. */
  mark(kept: Kept): void {
    if (this.#host.later.armedAt(kept) === undefined) this.#host.later.arm(kept);
  }

  /** Stores a session as it is when its turn comes. @throws whatever the store failed with */
  put(kept: Kept): Promise<void> {
    this.#host.later.disarm(kept);
    return this.#add(kept.id, (work) => void (work.kept = kept));
  }

  /** Stores or erases a row of a session. @throws whatever the store failed with */
  row(id: string, n: number, row: string | undefined): Promise<void> {
    return this.#add(id, (work) => void work.rows.set(n, row));
  }

  /** Forgets a session and its rows. Tried until it is done; rejects when the first try failed. */
  remove(kept: Kept): Promise<void> {
    this.#host.later.disarm(kept);
    return this.#remove(kept.id);
  }

  /** Resolves when nothing is left to write. */
  async settled(): Promise<void> {
    if (!this.#isWriting && this.#work.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #remove(id: string): Promise<void> {
    const removed = this.#add(id, (work) => {
      work.kept = null;
      work.rows.clear();
      work.isRemoved = true;
    });
    // A record of an ended session must not outlive it.
    removed.catch(() => this.#host.retries.arm(() => void this.#remove(id).catch(() => {})));
    return removed;
  }

  #add(id: string, note: (work: Work) => void): Promise<void> {
    let work = this.#work.get(id);
    if (work === undefined) {
      work = { kept: null, isRemoved: false, rows: new Map(), waiting: [] };
      this.#work.set(id, work);
    }
    note(work);
    const done = new Promise<void>((resolve, reject) => work.waiting.push({ resolve, reject }));
    if (!this.#isWriting) void this.#run();
    return done;
  }

  async #run(): Promise<void> {
    this.#isWriting = true;
    // Whatever this turn has to store goes together.
    await Promise.resolve();
    while (this.#work.size > 0) {
      const batch = this.#take();
      if (await this.#write(batch, batch.length > 1)) continue;
      // One that can not be stored must not keep the others from it.
      for (const each of batch) await this.#write([each], false);
    }
    this.#isWriting = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #take(): [string, Work][] {
    const batch: [string, Work][] = [];
    for (const entry of this.#work) {
      this.#work.delete(entry[0]);
      batch.push(entry);
      if (batch.length === MAX_BATCH) break;
    }
    return batch;
  }

  /** `false`: to be tried one by one. */
  async #write(batch: readonly [string, Work][], mayRetry: boolean): Promise<boolean> {
    try {
      const changes = batch.flatMap(([id, work]) => changesOf(id, work));
      if (changes.length > 0) await this.#within(changes, batch);
      for (const [, { waiting }] of batch) for (const { resolve } of waiting) resolve();
      return true;
    } catch (error) {
      if (mayRetry) return false;
      for (const [, { kept, waiting }] of batch) {
        const session = kept?.key;
        this.#host.events.emit('store.failed', { session, doing: 'put', error });
        for (const { reject } of waiting) reject(error);
      }
      return true;
    }
  }

  /**
   * Who waits is told after `storeTimeoutMs`. The next write waits for as long as it takes: of two at
   * once, the older could overwrite the newer.
   */
  async #within(changes: readonly StoreChange[], batch: readonly [string, Work][]): Promise<void> {
    const tooLong = (): void => {
      const error = new ActorsError(
        'store-unavailable',
        'the session store did not answer in time',
      );
      for (const [, { waiting }] of batch)
        for (const { reject } of waiting.splice(0)) reject(error);
    };
    const written = this.#store.write(changes);
    if (written === undefined) return;
    this.#host.storing.arm(tooLong);
    try {
      await written;
    } finally {
      this.#host.storing.disarm(tooLong);
    }
  }
}

function changesOf(id: string, { kept, isRemoved, rows }: Work): StoreChange[] {
  const changes: StoreChange[] = [];
  if (isRemoved) changes.push({ type: 'remove', id });
  const record = kept?.record();
  if (record !== undefined) changes.push({ type: 'put', record });
  // What was stored before it became something that can not be, must not come back.
  else if (kept !== null) changes.push({ type: 'remove', id });
  for (const [n, row] of rows) changes.push({ type: 'row', id, n, row });
  return changes;
}
