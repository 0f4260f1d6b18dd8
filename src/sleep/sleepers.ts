import { ActorsError } from '../errors.ts';
import type { EventStream, StoreWork } from '../events.ts';
import type { HandshakeRecord } from '../handshake.ts';
import type { Services } from '../services.ts';
import type { SessionActor } from '../sessionActor.ts';
import type { Counters } from '../stats.ts';
import { SharedHandshakes } from './handshakes.ts';
import type { SessionRecord } from './record.ts';
import type { Awaitable, SessionStore } from './store.ts';
import { type Kept, Writer } from './writer.ts';

/** The sessions in this process, as the supervisor keeps them. */
export interface Directory {
  resident(id: string): SessionActor | undefined;
  residents(): Iterable<SessionActor>;
  /** Makes the actor of a record and gives it its place in the directory. */
  recall(record: SessionRecord, rows: Rows): SessionActor;
  /** Takes an actor out, that of a session that goes on as a record. */
  dismiss(actor: SessionActor): void;
}

/** The rows of a session's event streams. */
export type Rows = readonly { readonly n: number; readonly row: string }[];

/** Longest id looked for: ours are shorter. */
const MAX_ID_LENGTH = 256;
/** Records looked at in one go, so that a sweep does not hold up the sessions that are awake. */
const SWEEP = 500;

/**
 * Where sessions are while they have no server. It finds them again, once for all who ask, lets them
 * go when their time is over, and keeps their number in bounds.
 */
export class Sleepers {
  readonly store: SessionStore;
  readonly #services: Services;
  readonly #directory: Directory;
  readonly #writer: Writer | null;
  readonly #handshakes = new SharedHandshakes();
  readonly #seeking = new Map<string, Promise<SessionActor | undefined>>();
  /** Principals of whom one more sleeps, since the bounds were looked at. */
  readonly #crowded = new Set<string | undefined>();
  #isTrimming = false;
  #isSweeping = false;
  #isOver = false;

  constructor(store: SessionStore, services: Services, directory: Directory) {
    this.store = store;
    this.#services = services;
    this.#directory = directory;
    this.#writer = store.isDurable ? new Writer(store, services) : null;
  }

  get isDurable(): boolean {
    return this.#writer !== null;
  }

  get counters(): Counters {
    return this.#services.counters;
  }

  /** Those that earlier processes left. */
  open(): void {
    if (!this.isDurable) return;
    const found = (count: number): void => void (this.counters.sessions.asleep += count);
    this.#try('open', () => this.store.count(), found);
    this.#services.sweep.arm(this);
  }

  /** When a session that falls asleep now ends. */
  expiry(): number {
    const { idleTimeoutMs, evictAfterMs, clock } = this.#services.settings;
    return clock.now() + evictAfterMs + (this.isDurable ? idleTimeoutMs : 0);
  }

  // ---- finding

  /**
   * A session that is not in this process, for its own principal only. Whoever asks while it is
   * looked for waits for the same actor (law 1).
   *
   * @throws whatever the store failed with: nobody knows whether there is such a session
   */
  seek(id: string, principal: string | undefined): Awaitable<SessionActor | undefined> {
    if (this.#isOver || id.length > MAX_ID_LENGTH) return undefined;
    const seeking = this.#seeking.get(id);
    if (seeking !== undefined) return seeking.then((actor) => own(actor, principal));
    const found = this.#get(id);
    if (!this.isDurable && !isPromise(found)) {
      // Another's is not even recalled (row S3).
      const isOwn = found !== undefined && found.principal === principal;
      return isOwn ? own(this.#revive(found, []), principal) : undefined;
    }
    const recalled = this.#recall(id, found).finally(() => this.#seeking.delete(id));
    this.#seeking.set(id, recalled);
    return recalled.then((actor) => own(actor, principal));
  }

  /** A store that throws is one that rejects. */
  #get(id: string): Awaitable<SessionRecord | undefined> {
    try {
      return this.store.get(id);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** For whoever acts on a session by its id alone. */
  async any(id: string): Promise<SessionActor | undefined> {
    const resident = this.#directory.resident(id);
    if (resident !== undefined) return resident;
    const record = await this.store.get(id);
    return record === undefined ? undefined : await this.seek(id, record.principal);
  }

  async #recall(
    id: string,
    found: Awaitable<SessionRecord | undefined>,
  ): Promise<SessionActor | undefined> {
    const [record, rows] = await this.#read(id, found);
    // It may have been recalled for another reason, or have ended, while the store was asked.
    const resident = this.#directory.resident(id);
    if (resident !== undefined || this.#isOver) return resident;
    return this.#revive(record, rows);
  }

  /** @throws ActorsError `record-corrupt`, `store-unavailable` with what the store failed with */
  async #read(
    id: string,
    found: Awaitable<SessionRecord | undefined>,
  ): Promise<[SessionRecord | undefined, Rows]> {
    try {
      const record = await found;
      return [record, record === undefined ? [] : await this.store.rows(id)];
    } catch (error) {
      this.failed('get', error);
      if (error instanceof ActorsError && error.code === 'record-corrupt') throw error;
      throw new ActorsError('store-unavailable', 'the session store failed', { cause: error });
    }
  }

  #revive(record: SessionRecord | undefined, rows: Rows): SessionActor | undefined {
    if (record === undefined) return undefined;
    const actor = this.#directory.recall(record, rows);
    this.#taken(record);
    // Whoever looks at it need not say when they are done.
    this.#services.quiet.arm(actor);
    if (record.expiresAt > actor.now()) return actor;
    actor.tell({ type: 'deadline.passed' });
    return undefined;
  }

  /** The same, where it takes no waiting: of a store in memory. */
  here(id: string, principal: string | undefined): SessionActor | undefined {
    const found = this.isDurable ? undefined : this.seek(id, principal);
    return found === undefined || isPromise(found) ? undefined : found;
  }

  /** The actor of a session whose last one in this process became a record. */
  successor({ id, principal }: SessionActor): SessionActor | undefined {
    return this.#directory.resident(id) ?? this.here(id, principal);
  }

  /** The same in a durable store, where that takes waiting. @throws whatever the store failed with */
  async found({ id, principal }: SessionActor): Promise<SessionActor | undefined> {
    return this.#directory.resident(id) ?? (await this.seek(id, principal));
  }

  // ---- putting away

  /** The handshake as a record has it: in memory the same one for all clients of a kind. */
  share(handshake: HandshakeRecord): HandshakeRecord {
    return this.isDurable ? handshake : this.#handshakes.take(handshake);
  }

  /** A sleeping actor that nothing holds in this process any more becomes its record. */
  layDown(actor: SessionActor): void {
    if (this.#isOver || !actor.canLieDown) return;
    const { keeping } = actor;
    if (this.isDurable) {
      // What is not stored yet keeps it here: whoever asks the store next must find all of it.
      if (!keeping.isClean || this.#writer?.isBusy(actor.id) === true) return;
    } else if (!this.#keep(actor)) return;
    this.#directory.dismiss(actor);
    if (this.#services.sweep.armedAt(this) === undefined) this.#services.sweep.arm(this);
    this.#crowded.add(actor.principal);
    void this.#trim();
  }

  /** In memory: by reference, and within bounds. */
  #keep(actor: SessionActor): boolean {
    const record = actor.keeping.record();
    if (record === undefined) return false;
    void this.store.write([{ type: 'put', record }]);
    return true;
  }

  /** A record is an actor again. */
  #taken(record: SessionRecord): void {
    if (this.isDurable) return;
    void this.store.write([{ type: 'remove', id: record.id }]);
    this.#handshakes.give(record.handshake);
  }

  /** Ends those that have slept longest, where there are too many. */
  async #trim(): Promise<void> {
    if (this.#isTrimming) return;
    this.#isTrimming = true;
    const { maxSleeping, maxSleepingBytes, maxSleepingPerPrincipal } = this.#services.settings;
    const { store } = this;
    try {
      for (const principal of this.#crowded) {
        this.#crowded.delete(principal);
        if (principal !== undefined) {
          while ((await store.count(principal)) > maxSleepingPerPrincipal) {
            if (!(await this.#endFirst('maxSleepingPerPrincipal', principal))) break;
          }
        }
        while (this.counters.sessions.asleep > maxSleeping) {
          if (!(await this.#endFirst('maxSleeping'))) break;
        }
        while (this.#handshakes.bytes > maxSleepingBytes) {
          if (!(await this.#endFirst('maxSleepingBytes'))) break;
        }
      }
    } catch (error) {
      this.failed('sweep', error);
    } finally {
      this.#isTrimming = false;
    }
  }

  async #endFirst(
    limit: 'maxSleeping' | 'maxSleepingBytes' | 'maxSleepingPerPrincipal',
    principal?: string,
  ): Promise<boolean> {
    const query = { limit: SWEEP, ...(principal !== undefined && { principal }) };
    const { records } = await this.store.page(query);
    // A durable store has those that are awake as well; they are bounded elsewhere.
    const first = records.find(({ id }) => this.#directory.resident(id) === undefined);
    if (first === undefined || this.#isOver) return false;
    this.#services.tripped(limit);
    this.#revive(first, [])?.close('capacity');
    return true;
  }

  // ---- the durable store

  /** Stores a session with its next changes. */
  mark(kept: Kept): void {
    this.#writer?.mark(kept);
  }

  /** Stores a session now. @throws whatever the store failed with: it goes on in memory */
  async put(kept: Kept): Promise<void> {
    if (this.#writer === null) return;
    try {
      await this.#writer.put(kept);
    } catch (error) {
      this.#services.retries.arm(() => this.mark(kept));
      throw error;
    }
  }

  /** Stores a row of a session's streams; resolves when it is stored or has failed. */
  async row(id: string, n: number, row: string | undefined): Promise<void> {
    await this.#writer?.row(id, n, row).catch(() => {});
  }

  /** A session ended. @throws where the store could not forget it yet */
  forget(kept: Kept): Promise<void> {
    return this.#writer?.remove(kept) ?? DONE;
  }

  // ---- letting go

  /** Those of a principal that are not in this process, recalled. */
  async all(principal: string): Promise<SessionActor[]> {
    const actors: SessionActor[] = [];
    for (let after: string | undefined; ;) {
      const query = { principal, limit: SWEEP, ...(after !== undefined && { after }) };
      const { records, next } = await this.store.page(query);
      for (const { id } of records) {
        if (this.#directory.resident(id) !== undefined) continue;
        const actor = await this.seek(id, principal);
        if (actor !== undefined) actors.push(actor);
      }
      if (next === undefined) return actors;
      after = next;
    }
  }

  /** Lets go of those whose time is over; called by the deadlines. */
  async sweep(): Promise<void> {
    if (this.#isSweeping || this.#isOver) return;
    this.#isSweeping = true;
    try {
      const now = this.#services.settings.clock.now();
      const due = await this.store.due(now, SWEEP);
      for (const record of due) {
        // One that is here has deadlines of its own, and says so below.
        if (this.#directory.resident(record.id) !== undefined) continue;
        if (!this.#seeking.has(record.id)) this.#revive(record, []);
      }
      this.#renew(now);
    } catch (error) {
      this.failed('sweep', error);
    } finally {
      this.#isSweeping = false;
      if (!this.#isOver) this.#services.sweep.arm(this);
    }
  }

  /** What is stored of those in this process must not expire before they do. */
  #renew(now: number): void {
    if (!this.isDurable) return;
    const half = (this.expiry() - now) / 2;
    for (const { isStorable, isKept, keeping, path } of this.#directory.residents()) {
      if (!isStorable || !isKept || path.startsWith('closing')) continue;
      if (keeping.storedUntil - now < half) keeping.changed();
    }
  }

  /** The last write is done, and the store is closed. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { counters } = this;
    await this.#writer?.close();
    try {
      if (!this.isDurable) {
        // Those in memory end with it: counted, and not announced one by one.
        counters.evicted.drained += await this.store.count();
      }
      counters.sessions.asleep = 0;
      await this.store.close();
    } catch (error) {
      this.failed('open', error);
    }
    this.#handshakes.clear();
  }

  failed(doing: StoreWork, error: unknown): void {
    const { events }: { events: EventStream } = this.#services;
    events.emit('store.failed', { session: undefined, doing, error });
  }

  #try<T>(doing: StoreWork, run: () => Awaitable<T>, then: (value: T) => void): void {
    try {
      const value = run();
      if (!isPromise(value)) then(value);
      else value.then(then, (error: unknown) => this.failed(doing, error));
    } catch (error) {
      this.failed(doing, error);
    }
  }
}

const DONE = Promise.resolve();

function own(
  actor: SessionActor | undefined,
  principal: string | undefined,
): SessionActor | undefined {
  if (actor === undefined || actor.principal !== principal) return undefined;
  return actor.arrival === 'refuse' ? undefined : actor;
}

function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
