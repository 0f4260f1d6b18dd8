import type { Rows } from '../store/record.ts';
import { ActorsError } from '../base/errors.ts';
import type { StoreWork } from '../events/events.ts';
import type { EventStream } from '../events/eventStream.ts';
import type { HandshakeRecord } from '../store/record.ts';
import type { Services } from '../events/services.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Counters } from '../events/counters.ts';
import { isPromise } from '../base/awaitable.ts';
import { Crowd } from './crowd.ts';
import { SharedHandshakes } from '../store/handshakes.ts';
import { Reads } from '../store/reads.ts';
import type { SessionRecord } from '../store/record.ts';
import type { SessionStore } from '../store/store.ts';
import type { Awaitable } from '../base/awaitable.ts';
import { Sweep } from './sweep.ts';
import { type Kept, Writer } from '../store/writer.ts';

/** The sessions in this process, as the supervisor keeps them. */
export interface Directory {
  resident(id: string): SessionActor | undefined;
  residents(): Iterable<SessionActor>;
  /** A session of this id has ended here: whatever a store may still say of it. */
  wasEnded(id: string): boolean;
  /** Those asleep may be recalled: not in a drain. */
  readonly isAdmitting: boolean;
  /** Makes the actor of a record and gives it its place in the directory. */
  recall(record: SessionRecord, rows: Rows): SessionActor;
  /** Takes an actor out, that of a session that goes on as a record. */
  dismiss(actor: SessionActor): void;
}

type Found = SessionActor | undefined;

/** Longest id looked for: ours are shorter. */
const MAX_ID_LENGTH = 256;
/** Records looked at in one go. */
const PAGE = 500;

/**
 * Where sessions are while they have no server. It finds them again, once for all who ask, lets them
 * go when their time is over, and keeps their number in bounds.
 */
export class Sleepers {
  readonly store: SessionStore;
  readonly reads: Reads;
  readonly #services: Services;
  readonly #directory: Directory;
  readonly #writer: Writer | null;
  readonly #handshakes = new SharedHandshakes();
  readonly #seeking = new Map<string, Promise<Found>>();
  readonly #crowd: Crowd;
  readonly #sweep: Sweep;
  /** How many earlier processes left is being asked, or (`done`) known. */
  #opening: Promise<void> | 'done' | null = null;
  #isOver = false;

  constructor(store: SessionStore, services: Services, directory: Directory) {
    this.store = store;
    this.#services = services;
    this.#directory = directory;
    this.reads = new Reads(store, services.storing);
    this.#crowd = new Crowd(this, services);
    this.#sweep = new Sweep(this, services, () => directory.residents());
    this.#writer = store.isDurable ? new Writer(store, services, () => this.opened()) : null;
  }

  get isDurable(): boolean {
    return this.#writer !== null;
  }

  get counters(): Counters {
    return this.#services.counters;
  }

  /** Of the handshakes of those asleep. */
  get handshakeBytes(): number {
    return this.#handshakes.bytes;
  }

  /** Those that earlier processes left. */
  open(): void {
    if (!this.isDurable) return;
    // Announced, and asked again by whoever needs the store.
    this.opened()?.catch(() => {});
    this.#services.sweep.arm(this);
  }

  /**
   * Those that earlier processes left are counted before anybody is found or stored: later, nobody
   * could tell them from those of this one. @throws whatever the store failed with
   */
  opened(): Promise<void> | undefined {
    if (!this.isDurable || this.#opening === 'done') return undefined;
    this.#opening ??= this.#count();
    return this.#opening;
  }

  async #count(): Promise<void> {
    try {
      const count = await this.reads.count();
      if (!this.#isOver) this.counters.sessions.asleep += count;
      this.#opening = 'done';
    } catch (error) {
      this.#opening = null;
      this.failed('open', error);
      throw error;
    }
  }

  /** It is in this process, or has ended and may still be stored. */
  isHere(id: string): boolean {
    return this.#directory.resident(id) !== undefined || this.#hasEnded(id);
  }

  #hasEnded(id: string): boolean {
    return this.#directory.wasEnded(id) || this.#writer?.isRemoving(id) === true;
  }

  /** Sessions of a principal that are stored and do not sleep. */
  awake(principal: string): number {
    if (!this.isDurable) return 0;
    let count = 0;
    for (const each of this.#directory.residents()) {
      if (each.principal === principal && each.isKept && !each.isAsleep) count++;
    }
    return count;
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
    if (this.#isOver || id.length > MAX_ID_LENGTH || this.#hasEnded(id)) return undefined;
    if (this.isDurable) return this.#look(id).then((actor) => own(actor, principal));
    const found = this.reads.get(id);
    if (isPromise(found)) return this.#look(id, found).then((actor) => own(actor, principal));
    // Another's is not even recalled (row S3).
    const isOwn = found !== undefined && found.principal === principal;
    return isOwn ? own(this.#revive(found, []), principal) : undefined;
  }

  /** Once for all who ask. */
  #look(id: string, found?: PromiseLike<SessionRecord | undefined>): Promise<Found> {
    let looking = this.#seeking.get(id);
    if (looking === undefined) {
      looking = this.#recall(id, found).finally(() => this.#seeking.delete(id));
      this.#seeking.set(id, looking);
    }
    return looking;
  }

  /** For whoever acts on a session by its id alone. */
  async any(id: string): Promise<SessionActor | undefined> {
    const resident = this.#directory.resident(id);
    if (resident !== undefined) return resident;
    if (this.#isOver || this.#hasEnded(id)) return undefined;
    if (this.isDurable) return await this.#look(id);
    const record = await this.reads.get(id);
    return record === undefined ? undefined : await this.seek(id, record.principal);
  }

  async #recall(
    id: string,
    found: PromiseLike<SessionRecord | undefined> | undefined,
  ): Promise<Found> {
    this.#admits();
    const [record, rows] = await this.#read(id, found);
    // It may have been recalled for another reason, or have ended, while the store was asked.
    const resident = this.#directory.resident(id);
    if (resident !== undefined || this.#isOver || this.#hasEnded(id)) return resident;
    this.#admits();
    return this.#revive(record, rows);
  }

  /** @throws ActorsError `not-admitted` in a drain: what is stored is the next process's */
  #admits(): void {
    if (this.#directory.isAdmitting) return;
    throw new ActorsError('not-admitted', 'the runtime drains: nobody is recalled any more');
  }

  /** @throws ActorsError `record-corrupt`, `store-unavailable` with what the store failed with */
  async #read(
    id: string,
    found: PromiseLike<SessionRecord | undefined> | undefined,
  ): Promise<[SessionRecord | undefined, Rows]> {
    try {
      await this.opened();
      const record = await (found ?? this.reads.get(id));
      return [record, record === undefined ? [] : await this.#rows(id)];
    } catch (error) {
      this.failed('get', error);
      if (isCorrupt(error)) {
        if (!this.#isOver) this.counters.sessions.asleep--;
        throw error;
      }
      throw new ActorsError('store-unavailable', 'the session store failed', { cause: error });
    }
  }

  /** Without its streams a session goes on all the same. */
  async #rows(id: string): Promise<Rows> {
    try {
      return await this.reads.rows(id);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.failed('load', error);
      return [];
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

  /**
   * Does something to a session where it is now: between being found and being used, an actor may
   * have become a record.
   *
   * @param gone where it has ended
   * @throws whatever a durable store failed with
   */
  async reach<T>(
    actor: SessionActor,
    use: (there: SessionActor) => T,
    gone: () => Awaited<T>,
  ): Promise<Awaited<T>> {
    const { id, principal } = actor;
    let there: SessionActor | undefined = actor;
    while (there?.isDismissed === true) {
      there = this.#directory.resident(id) ?? (await this.seek(id, principal));
    }
    return there === undefined ? gone() : await use(there);
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
    this.#sweep.expect();
    this.#crowd.grew(actor.principal);
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

  /** Stores a row of a session's streams. `false`: the store failed. */
  async row(id: string, n: number, row: string | undefined): Promise<boolean> {
    return (this.#writer?.row(id, n, row) ?? DONE).then(
      () => true,
      () => false,
    );
  }

  /** A session ended. @throws where the store could not forget it yet */
  forget(kept: Kept): Promise<void> {
    this.#services.later.disarm(kept);
    return this.#writer?.remove(kept) ?? DONE;
  }

  /** Waits for the store to forget those that ended. `false`: it could not forget one of them. */
  async forgotten(ids: readonly string[]): Promise<boolean> {
    return (await this.#writer?.removed(ids)) ?? true;
  }

  // ---- letting go

  /** Those of a principal that are not in this process, recalled one by one. */
  async *all(principal: string): AsyncGenerator<SessionActor> {
    for (let after: string | undefined; ;) {
      const query = { principal, limit: PAGE, ...(after !== undefined && { after }) };
      const { records, next } = await this.reads.page(query);
      for (const { id } of records) {
        if (this.isHere(id)) continue;
        const actor = await this.seek(id, principal);
        if (actor !== undefined) yield actor;
      }
      if (next === undefined) return;
      after = next;
    }
  }

  /** Lets go of those whose time is over; called by the deadlines. */
  sweep(): Promise<void> {
    return this.#isOver ? DONE : this.#sweep.run();
  }

  /** One that this program can not read any more ends without ever being an actor again. */
  drop({ id, key, startedAt, handshake }: SessionRecord): void {
    const { counters, events, settings } = this.#services;
    counters.sessions.asleep--;
    counters.evicted.expired++;
    const ageMs = settings.clock.now() - startedAt;
    events.emit('session.ended', { session: key, reason: 'expired', ageMs });
    if (this.#writer !== null) this.#writer.remove({ id }).catch(() => {});
    else {
      void this.store.write([{ type: 'remove', id }]);
      this.#handshakes.give(handshake);
    }
  }

  /** The last write is done, or has had its time, and the store is closed. */
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
      await this.reads.close();
    } catch (error) {
      this.failed('open', error);
    }
    this.#handshakes.clear();
  }

  failed(doing: StoreWork, error: unknown): void {
    const { events }: { events: EventStream } = this.#services;
    events.emit('store.failed', { session: undefined, doing, error });
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

function isCorrupt(error: unknown): boolean {
  return error instanceof ActorsError && error.code === 'record-corrupt';
}
