import { type Awaitable, isPromise } from '../base/awaitable.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import type { Tally } from '../base/tally.ts';
import { timerOf } from '../base/within.ts';
import type { StoreWork } from '../events/events.ts';
import type { Services } from '../events/services.ts';
import { isCorrupt, Reads } from './reads.ts';
import type { HandshakeRecord, Rows, SessionRecord } from './record.ts';
import { SharedHandshakes } from './sharedHandshakes.ts';
import type { Claim, SessionStore, StoreChange } from './store.ts';
import { TimedStore } from './timedStore.ts';
import { type Persisted, type Row, Writer } from './writer.ts';

/** Longest id that is looked for: ids of this library are shorter. */
const MAX_ID_LENGTH = 256;
/** How soon a store that failed is asked again. */
const RETRY_MS = 1000;

const DONE = Promise.resolve();

/**
 * The records of one runtime: reads, writes and forgets them, in memory or in a durable store.
 * Knows no actor.
 */
export class Keeper {
  readonly isDurable: boolean;
  readonly reads: Reads;
  readonly #store: SessionStore;
  /** The durable store, by its own time. */
  readonly #timed: TimedStore | null;
  readonly #services: Services;
  readonly #writer: Writer | null;
  readonly #handshakes = new SharedHandshakes();
  /** Sessions whose changes are stored a little later. */
  readonly #later: DeadlineQueue<Persisted>;
  /** Work that the store failed to do, to be tried again. */
  readonly #retries: DeadlineQueue<() => void>;
  /** The count of records that earlier processes left: under way, or `done`. */
  #opening: Promise<void> | 'done' | null = null;
  #isOver = false;
  #isKnown: (id: string) => boolean = () => false;
  #onForgotten: () => void = () => {};

  constructor(given: SessionStore, services: Services) {
    const { clock, deadlines, events, limits } = services;
    this.isDurable = given.isDurable;
    this.#services = services;
    this.#timed = given.isDurable
      ? new TimedStore(given, {
          now: () => clock.now(),
          maxClockGapMs: limits.maxClockGapMs,
          shifted: (shift) => services.shifted(shift),
        })
      : null;
    const store = this.#timed ?? given;
    this.#store = store;
    this.#later = deadlines.queue(limits.writeBehindMs, (kept) => kept.writeBehind());
    const storing = deadlines.queue<() => void>(limits.storeTimeoutMs, (tooLong) => tooLong());
    this.#retries = deadlines.queue(RETRY_MS, (again) => again());
    const timer = timerOf(storing);
    this.reads = new Reads(store, timer, (id) => {
      if (!this.#isOver && !this.#isKnown(id)) this.#services.counters.sessions.asleep--;
    });
    given.observe?.({
      failed: (error) => this.failed('keep', error),
      forgot: () => this.#onForgotten(),
    });
    const host = { events, later: this.#later, retries: this.#retries, timer };
    this.#writer = store.isDurable ? new Writer(store, host, () => this.opened()) : null;
  }

  /** Other processes have the store as well. */
  get isShared(): boolean {
    return this.#store.isShared === true;
  }

  /** The runtime is closed: no record is looked for any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Asks somebody else about a record that the store has put aside: whether its session is in this
   * process or has ended, so that nobody counts it as asleep.
   */
  set isKnown(isKnown: (id: string) => boolean) {
    this.#isKnown = isKnown;
  }

  /** Has somebody store again what is in this process, when the store has lost some of it. */
  set onForgotten(onForgotten: () => void) {
    this.#onForgotten = onForgotten;
  }

  /** Whether the store can have a record of this id that is not about to be removed. */
  mayHave(id: string): boolean {
    return !this.#isOver && id.length <= MAX_ID_LENGTH && !this.isRemoving(id);
  }

  /** Whether a session ended and the store may not have forgotten it yet. */
  isRemoving(id: string): boolean {
    return this.#writer?.isRemoving(id) === true;
  }

  /** Whether something of a session waits to be stored. */
  isBusy(id: string): boolean {
    return this.#writer?.isBusy(id) === true;
  }

  /** Bytes of the handshakes that records in memory hold. */
  get handshakeBytes(): number {
    return this.#handshakes.bytes;
  }

  /** The same, by the principal that brought them. */
  get handshakesBrought(): Tally {
    return this.#handshakes.brought;
  }

  /**
   * Counts the records that earlier processes left, before any session is found or stored: later,
   * they could not be told from those of this process.
   *
   * @returns `undefined` once the records are counted
   * @throws whatever the store failed with
   */
  opened(): Promise<void> | undefined {
    if (!this.isDurable || this.isShared) return undefined;
    if (this.#opening === 'done') return undefined;
    this.#opening ??= this.#count();
    return this.#opening;
  }

  async #count(): Promise<void> {
    try {
      const count = await this.reads.count();
      if (!this.#isOver) this.#services.counters.sessions.asleep += count;
      this.#opening = 'done';
    } catch (error) {
      this.#opening = null;
      this.failed('open', error);
      throw error;
    }
  }

  /** By how much times in the store are behind the clock. */
  get behindMs(): number {
    return this.#timed?.behindMs ?? 0;
  }

  /** Has a durable store remember what time it is, for the next process. */
  keepTime(): void {
    this.#timed?.keepTime().catch((error: unknown) => this.failed('time', error));
  }

  /** When a session that falls asleep now ends, in milliseconds since the epoch. */
  expiry(): number {
    const { clock, limits } = this.#services;
    return clock.now() + limits.evictAfterMs + (this.isDurable ? limits.idleTimeoutMs : 0);
  }

  /** The handshake that a record holds: in memory, one object for all clients of a kind. */
  share(handshake: HandshakeRecord, principal: string | undefined): HandshakeRecord {
    return this.isDurable ? handshake : this.#handshakes.take(handshake, principal);
  }

  /**
   * Reads a session's record and the rows of its event streams.
   *
   * @param found the record, where it has been asked for
   * @throws ActorsError `record-corrupt`, `store-unavailable` with what the store failed with
   */
  async load(
    id: string,
    found: Awaitable<SessionRecord | undefined>,
  ): Promise<[SessionRecord | undefined, Rows]> {
    try {
      await this.opened();
      const record = await (found ?? this.reads.get(id));
      return [record, record === undefined ? [] : await this.#rows(id)];
    } catch (error) {
      this.failed('get', error);
      if (isCorrupt(error)) throw error;
      throw new ActorsError('store-unavailable', 'the session store failed', { cause: error });
    }
  }

  /** A session whose rows are corrupt goes on without its streams. */
  async #rows(id: string): Promise<Rows> {
    try {
      return await this.reads.rows(id);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.failed('load', error);
      return [];
    }
  }

  // ---- in memory, by reference and in the same turn

  /** Keeps the record of a session that needs no actor. `false`: the store did not take it. */
  keep(record: SessionRecord): boolean {
    if (this.#wrote('put', { type: 'put', record })) return true;
    this.#handshakes.give(record.handshake);
    return false;
  }

  /** The session of a record has an actor again, or is over. A durable store keeps its record. */
  release({ id, handshake }: SessionRecord): void {
    if (this.isDurable) return;
    this.#wrote('remove', { type: 'remove', id });
    this.#handshakes.give(handshake);
  }

  /** A store of the user's may fail in memory, too. `false`: it threw. */
  #wrote(doing: StoreWork, change: StoreChange): boolean {
    const failed = (error: unknown): void => this.failed(doing, error);
    try {
      const written: unknown = this.#store.write([change]);
      if (isPromise(written)) Promise.resolve(written).catch(failed);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  // ---- in a durable store

  /** Stores a session within `writeBehindMs`. */
  mark(kept: Persisted): void {
    this.#writer?.mark(kept);
  }

  /** Stores a session now. @throws what the store failed with: the session goes on in memory */
  async put(kept: Persisted): Promise<void> {
    await this.#writer?.put(kept);
  }

  /** Stores a row of a session's streams with the next write. */
  row(kept: Persisted, row: Row): void {
    this.#writer?.row(kept, row);
  }

  /** Erases a row of a session's streams. */
  erase(kept: Persisted, row: Row): void {
    this.#writer?.erase(kept, row);
  }

  /** Waits for the store to take the rows of a session. `false`: the store failed. */
  rowsStored({ id }: Persisted): Promise<boolean> {
    return (this.#writer?.stored(id) ?? DONE).then(
      () => true,
      () => false,
    );
  }

  /** Removes a session that ended from the store. @throws where the store could not do so yet */
  forget(kept: Persisted): Promise<void> {
    this.#later.disarm(kept);
    if (this.#writer === null) return DONE;
    // Sessions come and go while a store hangs: nothing of them may pile up.
    if (!kept.isTaken && this.#writer.cancel(kept.id)) return DONE;
    return this.#writer.remove(kept);
  }

  /** Another process goes on with the session of a claim. */
  lost(claim: Claim): void {
    this.#writer?.lost(claim);
  }

  /** Waits for the store to forget ended sessions. `false`: one of them is not forgotten yet. */
  async forgotten(ids: readonly string[]): Promise<boolean> {
    return (await this.#writer?.removed(ids)) ?? true;
  }

  /** Ends a session whose record this program can not read any more, without making its actor. */
  drop(record: SessionRecord): void {
    const { id, key, startedAt } = record;
    const { clock, counters, events } = this.#services;
    counters.sessions.asleep--;
    counters.evicted.expired++;
    const ageMs = clock.now() - startedAt;
    events.emit('session.ended', { session: key, reason: 'expired', ageMs });
    this.#writer?.remove({ id }).catch(() => {});
    this.release(record);
  }

  /** Closes the store when the last write is done, or has had `storeTimeoutMs`. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { counters } = this.#services;
    await this.#writer?.close();
    try {
      // Records in memory end with the store: counted, and not announced one by one.
      if (!this.isDurable) counters.evicted.drained += await this.#store.count();
      counters.sessions.asleep = 0;
      await this.reads.close();
    } catch (error) {
      this.failed('open', error);
    }
    this.#handshakes.clear();
  }

  /** Resolves when a store that failed may be asked again. */
  soon(): Promise<void> {
    return new Promise((resolve) => this.#retries.arm(resolve));
  }

  /** Announces a failure of the store that is about no session in particular. */
  failed(doing: StoreWork, error: unknown): void {
    this.#services.events.emit('store.failed', { session: undefined, doing, error });
  }
}
