import type { DeadlineQueue } from '../base/deadlines.ts';
import { awaited, type Timer, within } from '../base/within.ts';
import type { EndReason } from '../../machines/session.ts';
import type { EventStream } from '../events/eventStream.ts';
import { late } from './reads.ts';
import type { SessionRecord } from './record.ts';
import type { Claim, SessionStore, StoreChange } from './store.ts';

/** A session, as the writer uses it. */
export interface Persisted {
  readonly id: string;
  readonly key: string;
  /** A write has taken the session's record, or a store gave it: the store may have the record. */
  readonly isTaken: boolean;
  /** The right to write the session, in a store that several processes have. */
  readonly claim?: Claim | undefined;
  /** Why the session ended, once it did. */
  readonly reason?: EndReason | undefined;
  /** Whose the session is. */
  readonly principal?: string | undefined;
  /** What is to be stored of the session now; `undefined` where the session can not be stored. */
  record(): SessionRecord | undefined;
  /** Stores what has changed: some time has passed since the session was marked. */
  writeBehind(): void;
  /** Hears that the store has refused the record made last, whether or not anybody still waits. */
  refused(): void;
}

/** A row of a session's streams. */
export interface Row {
  /** The row's number among the rows of its session. */
  readonly n: number;
  /** A write has taken the row: the store may have it. */
  isTaken: boolean;
  /** The row as it is to be stored: asked for when a write takes it. */
  text(): string;
}

export interface WriterHost {
  readonly events: EventStream;
  /** Sessions whose changes are stored within `writeBehindMs`. */
  readonly later: DeadlineQueue<Persisted>;
  /** Removals and rows that failed, to be tried again. */
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
  /** The session that ended. */
  removed: Ended | null;
  /** Rows to store, and rows to erase. */
  readonly rows: Map<number, Row | undefined>;
  /** Whose rows these are. */
  rowsOf: Persisted | null;
  /** Rows that no write had taken before. */
  readonly fresh: Set<Row>;
  /** All this as the store is asked for it. */
  changes: readonly StoreChange[] | null;
  readonly waiting: Set<Waiting>;
}

/** A session whose record and rows are to be removed. */
export type Ended = Pick<Persisted, 'id' | 'claim' | 'reason' | 'principal'>;

type Batch = readonly [string, Work][];

const DONE = Promise.resolve();

/** Most sessions of one write. */
const MAX_SESSIONS = 256;
/**
 * Most changes of one write, unless one session has more: all of a write is made in one turn. What is
 * to be stored of one session stays together, or a process that dies could leave a record that is
 * ahead of its rows.
 */
const MAX_CHANGES = 1000;

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
  /**
   * Rows that the store refused, until they are tried again. Not with the record of their session: a
   * row that no store takes would keep the record out.
   */
  readonly #refused = new Map<string, Pick<Work, 'rows' | 'rowsOf'>>();
  /** Sessions of the write that is under way. */
  readonly #writing = new Set<string>();
  /** The removals of ended sessions that the store may still have. */
  readonly #removing = new Map<string, Promise<void>>();
  readonly #ended = new Map<string, Ended>();
  #running: Promise<void> | null = null;

  /** @param opened what has to be known before any write; `undefined` once that is known */
  constructor(store: SessionStore, host: WriterHost, opened: () => Promise<void> | undefined) {
    this.#store = store;
    this.#host = host;
    this.#opened = opened;
  }

  /** Whether something of a session waits to be stored. */
  isBusy(id: string): boolean {
    return this.#isUnderWay(id) || this.#refused.has(id);
  }

  #isUnderWay(id: string): boolean {
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
    const work = this.#next(kept.id);
    work.kept = kept;
    return this.#wait(work.waiting);
  }

  /** Stores a row of a session with the next write, also one that was stored and has changed. */
  row(kept: Persisted, row: Row): void {
    const work = this.#next(kept.id);
    work.rowsOf = kept;
    work.rows.set(row.n, row);
    this.#settled(kept.id, row);
  }

  /** Erases a row of a session. A row that no write has taken yet is forgotten, and never stored. */
  erase(kept: Persisted, row: Row): void {
    const work = this.#next(kept.id);
    work.rowsOf = kept;
    if (row.isTaken) work.rows.set(row.n, undefined);
    else work.rows.delete(row.n);
    this.#settled(kept.id, row);
  }

  /** Resolves when all that waits of a session is stored. @throws whatever the store failed with */
  stored(id: string): Promise<void> {
    return this.#wait(this.#next(id).waiting);
  }

  /** Forgets a session and its rows: tried until it is done. Rejects when the first try failed. */
  remove(ended: Ended): Promise<void> {
    const { id, claim } = ended;
    // What another process goes on with is not this process's to remove.
    if (claim?.isLost === true) {
      this.#forgotten(id);
      return DONE;
    }
    const work = this.#next(id);
    work.kept = null;
    work.rows.clear();
    this.#refused.delete(id);
    work.removed = ended;
    const removed = this.#wait(work.waiting);
    this.#removing.set(id, removed);
    this.#ended.set(id, ended);
    removed.then(
      () => this.#forgotten(id),
      // A record of an ended session must not outlive it.
      () => this.#host.retries.arm(() => void this.remove(ended).catch(() => {})),
    );
    return removed;
  }

  #forgotten(id: string): void {
    this.#removing.delete(id);
    this.#ended.delete(id);
  }

  /**
   * Resolves when nothing is left to write, or the store has had its time for that. Removals that
   * failed so far are tried once more, and rows: nobody is left to do that later.
   */
  async close(): Promise<void> {
    for (const id of this.#refused.keys()) this.#tryAgain(id);
    for (const ended of this.#ended.values()) {
      if (!this.#isUnderWay(ended.id)) this.remove(ended).catch(() => {});
    }
    if (this.#running !== null) await awaited(this.#running, this.#host.timer);
  }

  /** Another process goes on with the session of a claim: nothing more is written by it. */
  lost(claim: Claim): void {
    const { id } = claim;
    const work = this.#work.get(id);
    const isOf = (each: Ended | null | undefined): boolean => each?.claim === claim;
    if (isOf(this.#refused.get(id)?.rowsOf)) this.#refused.delete(id);
    if (isOf(this.#ended.get(id))) this.#forgotten(id);
    if (!isOf(work?.removed ?? work?.kept ?? work?.rowsOf)) return;
    this.#work.delete(id);
    for (const { resolve } of work?.waiting ?? []) resolve();
  }

  /** Forgets what waits of a session that ended. `false`: a write has something of the session. */
  cancel(id: string): boolean {
    if (this.#writing.has(id)) return false;
    const work = this.#work.get(id);
    this.#work.delete(id);
    this.#refused.delete(id);
    for (const { resolve } of work?.waiting ?? []) resolve();
    return true;
  }

  /** What the next write is to do for a session. */
  #next(id: string): Work {
    let work = this.#work.get(id);
    if (work === undefined) {
      work = {
        kept: null,
        removed: null,
        rows: new Map(),
        rowsOf: null,
        fresh: new Set(),
        changes: null,
        waiting: new Set(),
      };
      this.#work.set(id, work);
    }
    this.#running ??= this.#run();
    return work;
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
    let changes = 0;
    for (const [id, work] of this.#work) {
      changes += 1 + work.rows.size;
      if (batch.length === MAX_SESSIONS || (batch.length > 0 && changes > MAX_CHANGES)) break;
      this.#work.delete(id);
      this.#writing.add(id);
      batch.push([id, work]);
      for (const row of work.rows.values()) {
        if (row === undefined || row.isTaken) continue;
        row.isTaken = true;
        work.fresh.add(row);
      }
    }
    return batch;
  }

  /** Stores a batch. `false`: the batch failed, and its sessions are to be tried one by one. */
  async #write(batch: Batch, mayRetry: boolean): Promise<boolean> {
    try {
      const opened = this.#opened();
      if (opened !== undefined) await opened;
      // Once, also where the write is tried again: a record made later would be ahead of the rows.
      const changes = batch.flatMap(([id, work]) => (work.changes ??= changesOf(id, work)));
      if (changes.length > 0) await this.#store.write(changes);
      this.#told(batch, ({ resolve }) => resolve());
      return true;
    } catch (error) {
      if (mayRetry) return false;
      for (const [id, work] of batch) {
        const { kept, removed, rowsOf } = work;
        const doing = removed !== null ? 'remove' : kept === null ? 'append' : 'put';
        const session = (kept ?? rowsOf)?.key;
        this.#host.events.emit('store.failed', { session, doing, error });
        this.#refuse(id, work);
        if (kept === null) continue;
        kept.refused();
        this.#host.retries.arm(() => this.mark(kept));
      }
      this.#told(batch, ({ reject }) => reject(error));
      return true;
    }
  }

  /** The store has refused rows: they are tried again, where nothing newer is known of them. */
  #refuse(id: string, { removed, rows, rowsOf, fresh }: Work): void {
    // No store has these: should they be erased meanwhile, nothing is left of them.
    for (const row of fresh) row.isTaken = false;
    const next = this.#work.get(id);
    if (removed !== null || (next?.removed ?? null) !== null) return;
    const refused = this.#refused.get(id)?.rows ?? new Map<number, Row | undefined>();
    for (const [n, row] of rows) if (next?.rows.has(n) !== true) refused.set(n, row);
    if (refused.size === 0) return;
    if (!this.#refused.has(id)) this.#host.retries.arm(() => this.#tryAgain(id));
    this.#refused.set(id, { rows: refused, rowsOf });
  }

  /** Rows that were refused go with the next write, unless that has newer ones. */
  #tryAgain(id: string): void {
    const refused = this.#refused.get(id);
    if (refused === undefined) return;
    this.#refused.delete(id);
    const { rows, rowsOf } = this.#next(id);
    for (const [n, row] of refused.rows) if (!rows.has(n)) rows.set(n, row);
    this.#next(id).rowsOf = rowsOf ?? refused.rowsOf;
  }

  /** Something newer is known of a row that was refused. */
  #settled(id: string, { n }: Row): void {
    const refused = this.#refused.get(id);
    if (refused?.rows.delete(n) === true && refused.rows.size === 0) this.#refused.delete(id);
  }

  #told(batch: Batch, tell: (waiting: Waiting) => void): void {
    for (const [id, { waiting }] of batch) {
      this.#writing.delete(id);
      for (const each of waiting) tell(each);
    }
  }
}

function changesOf(id: string, { kept, removed, rows, rowsOf }: Work): StoreChange[] {
  const changes: StoreChange[] = [];
  if (removed !== null) {
    const { claim, principal, reason } = removed;
    const ended =
      claim !== undefined && reason !== undefined ? { claim, reason, principal } : byClaim(removed);
    changes.push({ type: 'remove', id, ...ended });
  }
  const record = kept?.record();
  if (record !== undefined) changes.push({ type: 'put', record, ...byClaim(kept) });
  // What was stored of a session before its data became unstorable must not come back.
  else if (kept !== null) changes.push({ type: 'remove', id, ...byClaim(kept) });
  for (const [n, row] of rows) {
    changes.push({ type: 'row', id, n, row: row?.text(), ...byClaim(rowsOf) });
  }
  return changes;
}

function byClaim(kept: Ended | null): Pick<StoreChange, 'claim'> {
  const claim = kept?.claim;
  return claim === undefined ? {} : { claim };
}
