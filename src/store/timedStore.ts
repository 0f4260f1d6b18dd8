import { type Awaitable, isPromise } from '../base/awaitable.ts';
import type { ClockShift } from '../events/events.ts';
import type { SessionRecord } from './record.ts';
import type { RecordPage, RecordQuery, SessionStore, StoreChange, StoreTime } from './store.ts';

/** What a timed store needs of its runtime. */
export interface TimedStoreHost {
  /** The clock of this process, in milliseconds since the epoch. */
  now(): number;
  /** The longest gap between two processes that counts as time. */
  readonly maxClockGapMs: number;
  /** Hears that the store's time goes on where it stood still. */
  shifted(shift: ClockShift): void;
}

/** How often the time is kept at most: where sessions live short, the sweep runs very often. */
const KEEP_MS = 10_000;

/**
 * A durable store with a time of its own, by which its records expire. The time goes on with the
 * clock while a process has the store open, and over short gaps. Over a gap that is longer, or goes
 * back, it goes on from where it was: nobody can tell a clock that is wrong from a store that nobody
 * had open, and neither is a reason to end a session.
 *
 * Callers see times of this process's clock.
 */
export class TimedStore implements SessionStore {
  readonly isDurable = true;
  readonly isShared: boolean;
  readonly #store: SessionStore;
  readonly #host: TimedStoreHost;
  #opening: Promise<void> | null = null;
  #isKeeping = false;
  /** When the time was last kept, by the clock of this process. */
  #keptAt = -Infinity;
  /** By how much the store's time is behind the clock; `undefined` until the store is asked. */
  #behindMs: number | undefined;

  constructor(store: SessionStore, host: TimedStoreHost) {
    this.#store = store;
    this.isShared = store.isShared === true;
    this.#host = host;
  }

  /** By how much the store's time is behind the clock: 0 where no clock was ever wrong. */
  get behindMs(): number {
    return this.#behindMs ?? 0;
  }

  get(id: string): Awaitable<SessionRecord | undefined> {
    return this.#opened(() =>
      mapped(this.#store.get(id), (record) => record && this.#moved(record, this.behindMs)),
    );
  }

  write(changes: readonly StoreChange[]): Awaitable<void> {
    return this.#opened(() => {
      const { behindMs } = this;
      if (behindMs === 0) return this.#store.write(changes);
      return this.#store.write(
        changes.map((change) =>
          change.type === 'put'
            ? { ...change, record: this.#moved(change.record, -behindMs) }
            : change,
        ),
      );
    });
  }

  page(query: RecordQuery): Awaitable<RecordPage> {
    return this.#opened(() =>
      mapped(this.#store.page(query), (page) => ({
        ...page,
        records: this.#all(page.records),
      })),
    );
  }

  due(now: number, limit: number): Awaitable<readonly SessionRecord[]> {
    return this.#opened(() =>
      mapped(this.#store.due(now - this.behindMs, limit), (records) => this.#all(records)),
    );
  }

  count(principal?: string): Awaitable<number> {
    return this.#opened(() => this.#store.count(principal));
  }

  rows(id: string): ReturnType<SessionStore['rows']> {
    return this.#opened(() => this.#store.rows(id));
  }

  /** Has the store remember what time it is, now and then. @throws whatever the store fails with */
  async keepTime(): Promise<void> {
    if (this.#host.now() - this.#keptAt >= KEEP_MS) await this.#keep();
  }

  /** Closes the store, which remembers the time. */
  async close(): Promise<void> {
    // Announced by nobody: what closes now was told of a store that fails by its last writes.
    this.#keep().catch(() => {});
    await this.#store.close();
  }

  async #keep(): Promise<void> {
    const behindMs = this.#behindMs;
    // While a store hangs, nothing may pile up.
    if (behindMs === undefined || this.#isKeeping) return;
    this.#isKeeping = true;
    this.#keptAt = this.#host.now();
    try {
      await this.#store.keepTime?.({ at: this.#keptAt - behindMs, behindMs });
    } finally {
      this.#isKeeping = false;
    }
  }

  #opened<T>(work: () => Awaitable<T>): Awaitable<T> {
    if (this.#behindMs !== undefined) return work();
    this.#opening ??= this.#open();
    return this.#opening.then(work);
  }

  async #open(): Promise<void> {
    try {
      this.#meet(await this.#store.time?.());
    } finally {
      this.#opening = null;
    }
  }

  #meet(time: StoreTime | undefined): void {
    const now = this.#host.now();
    if (time === undefined) {
      this.#behindMs = 0;
      return;
    }
    const { at, behindMs } = time;
    const gapMs = now - behindMs - at;
    if (Math.abs(gapMs) <= this.#host.maxClockGapMs) {
      this.#behindMs = behindMs;
      return;
    }
    this.#behindMs = now - at;
    this.#host.shifted({ seen: at + behindMs, now, byMs: gapMs });
  }

  #all(records: readonly SessionRecord[]): readonly SessionRecord[] {
    const { behindMs } = this;
    return behindMs === 0 ? records : records.map((record) => this.#moved(record, behindMs));
  }

  #moved(record: SessionRecord, byMs: number): SessionRecord {
    return byMs === 0 ? record : { ...record, expiresAt: record.expiresAt + byMs };
  }
}

function mapped<T, U>(value: Awaitable<T>, map: (value: T) => U): Awaitable<U> {
  return isPromise(value) ? Promise.resolve(value).then(map) : map(value);
}
