import type { DeadlineQueue } from '../base/deadlines.ts';
import { awaited, type Timer, within } from '../base/within.ts';
import type { EventStream } from '../events/eventStream.ts';
import { late } from './reads.ts';
import type { SessionRecord } from './record.ts';
import type { SessionStore, StoreChange } from './store.ts';

/** A session, as the writer uses it. */
export interface Persisted {
  readonly id: string;
  readonly key: string;
  /** What is to be stored of the session now; `undefined` where the session can not be stored. */
  record(): SessionRecord | undefined;
  /** Stores what has changed: some time has passed since the session was marked. */
  writeBehind(): void;
}

export interface WriterHost {
  readonly events: EventStream;
  /** Sessions whose changes are stored within `writeBehindMs`. */
  readonly later: DeadlineQueue<Persisted>;
  /** Removals that failed, to be tried again. */
  readonly retries: DeadlineQueue<() => void>;
  /** How long the store may take before a caller that waits hears that it takes too long. */
  readonly timer: Timer;
}

/** A caller that waits for a write. */
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the next write is to do for one session. */
interface Work {
  kept: Persisted | null;
  isRemoved: boolean;
  rows: Map<number, string | undefined>;
  readonly waiting: Set<Waiting>;
}

type Batch = readonly [string, Work][];

/** Most sessions of one write: what one transaction should hold. */
const MAX_BATCH = 256;

/**
 * Puts what sessions keep into a durable store: one write at a time, and the changes that come up
 * meanwhile in the next one. So a session's changes reach the store in their order, and the rate of
 * writes is the store's own.
 *
 * A caller that waits is told after `storeTimeoutMs`. The next write waits for as long as the last
 * one takes: of two at once, the older could overwrite the newer.
 */
export class Writer {
  readonly #store: SessionStore;
  readonly #host: WriterHost;
  readonly #opened: () => Promise<void> | undefined;
  #work = new Map<string, Work>();
  /** Sessions of the write that is under way. */
  readonly #writing = new Set<string>();
  /** The removals of ended sessions that the store may still have. */
  readonly #removing = new Map<string, Promise<void>>();
  #running: Promise<void> | null = null;

  /** @param opened what has to be known before any write; `undefined` once that is known */
  constructor(store: SessionStore, host: WriterHost, opened: () => Promise<void> | undefined) {
    this.#store = store;
    this.#host = host;
    this.#opened = opened;
  }

  /** Whether something of a session waits to be stored. */
  isBusy(id: string): boolean {
    return this.#work.has(id) || this.#writing.has(id);
  }

  /** Whether a session ended and the store may not have forgotten it yet. */
  isRemoving(id: string): boolean {
    return this.#removing.has(id);
  }

  /** Waits for the removal of ended sessions. `false`: one of them could not be removed yet. */
  async removed(ids: readonly string[]): Promise<boolean> {
    const removals = ids.flatMap((id) => this.#removing.get(id) ?? []);
    const outcomes = await Promise.allSettled(removals);
    return outcomes.every(({ status }) => status === 'fulfilled');
  }

  /** Stores a session within `writeBehindMs`. */
  mark(kept: Persisted): void {
    if (this.#host.later.armedAt(kept) === undefined) this.#host.later.arm(kept);
  }

  /** Stores a session as it is when its turn comes. @throws whatever the store failed with */
  put(kept: Persisted): Promise<void> {
    this.#host.later.disarm(kept);
    return this.#add(kept.id, (work) => void (work.kept = kept));
  }

  /** Stores or erases a row of a session. @throws whatever the store failed with */
  row(id: string, n: number, row: string | undefined): Promise<void> {
    return this.#add(id, (work) => void work.rows.set(n, row));
  }

  /** Forgets a session and its rows: tried until it is done. Rejects when the first try failed. */
  remove({ id }: Pick<Persisted, 'id'>): Promise<void> {
    const removed = this.#add(id, (work) => {
      work.kept = null;
      work.rows.clear();
      work.isRemoved = true;
    });
    this.#removing.set(id, removed);
    removed.then(
      () => this.#removing.delete(id),
      // A record of an ended session must not outlive it.
      () => this.#host.retries.arm(() => void this.remove({ id }).catch(() => {})),
    );
    return removed;
  }

  /**
   * Resolves when nothing is left to write, or the store has had its time for that. Removals that
   * failed so far are tried once more: nobody is left to do that later.
   */
  async close(): Promise<void> {
    for (const id of this.#removing.keys()) {
      if (!this.isBusy(id)) this.remove({ id }).catch(() => {});
    }
    if (this.#running !== null) await awaited(this.#running, this.#host.timer);
  }

  #add(id: string, note: (work: Work) => void): Promise<void> {
    let work = this.#work.get(id);
    if (work === undefined) {
      work = { kept: null, isRemoved: false, rows: new Map(), waiting: new Set() };
      this.#work.set(id, work);
    }
    note(work);
    const done = this.#wait(work.waiting);
    this.#running ??= this.#run();
    return done;
  }

  async #wait(all: Set<Waiting>): Promise<void> {
    let waiting!: Waiting;
    const written = new Promise<void>((resolve, reject) => {
      waiting = { resolve, reject };
      all.add(waiting);
    });
    try {
      // From here on, and not from when this write's turn comes: the write before may hang.
      await within(written, this.#host.timer, late);
    } finally {
      all.delete(waiting);
    }
  }

  async #run(): Promise<void> {
    // Everything that this turn has to store goes together.
    await Promise.resolve();
    while (this.#work.size > 0) {
      const batch = this.#take();
      if (await this.#write(batch, batch.length > 1)) continue;
      // A session that can not be stored must not keep the others from the store.
      for (const each of batch) await this.#write([each], false);
    }
    this.#running = null;
  }

  #take(): Batch {
    const batch: [string, Work][] = [];
    for (const entry of this.#work) {
      this.#work.delete(entry[0]);
      this.#writing.add(entry[0]);
      batch.push(entry);
      if (batch.length === MAX_BATCH) break;
    }
    return batch;
  }

  /** Stores a batch. `false`: the batch failed, and its sessions are to be tried one by one. */
  async #write(batch: Batch, mayRetry: boolean): Promise<boolean> {
    try {
      await this.#opened();
      const changes = batch.flatMap(([id, work]) => changesOf(id, work));
      if (changes.length > 0) await this.#store.write(changes);
      this.#told(batch, ({ resolve }) => resolve());
      return true;
    } catch (error) {
      if (mayRetry) return false;
      for (const [, { kept, isRemoved }] of batch) {
        const doing = isRemoved ? 'remove' : kept === null ? 'append' : 'put';
        this.#host.events.emit('store.failed', { session: kept?.key, doing, error });
      }
      this.#told(batch, ({ reject }) => reject(error));
      return true;
    }
  }

  #told(batch: Batch, tell: (waiting: Waiting) => void): void {
    for (const [id, { waiting }] of batch) {
      this.#writing.delete(id);
      for (const each of waiting) tell(each);
    }
  }
}

function changesOf(id: string, { kept, isRemoved, rows }: Work): StoreChange[] {
  const changes: StoreChange[] = [];
  if (isRemoved) changes.push({ type: 'remove', id });
  const record = kept?.record();
  if (record !== undefined) changes.push({ type: 'put', record });
  // What was stored of a session before its data became unstorable must not come back.
  else if (kept !== null) changes.push({ type: 'remove', id });
  for (const [n, row] of rows) changes.push({ type: 'row', id, n, row });
  return changes;
}
