import type { EndReason } from '../../machines/session.ts';
import { ActorsError } from '../base/errors.ts';
import type { Services } from '../events/services.ts';
import type { Keeper } from '../store/keeper.ts';
import { endOf, type SessionRecord } from '../store/record.ts';
import type { Claim } from '../store/store.ts';
import type { Persisted, Row } from '../store/writer.ts';
import type { ResponseMessage } from '../wire/jsonrpc.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Ask } from './envelope.ts';
import type { Outlet } from './exchange.ts';
import { type Handshake, HANDSHAKE_METHODS } from './handshake.ts';
import type { Recorded } from './recordOf.ts';
import type { LeftOut } from './sessionLocal.ts';

const DONE = Promise.resolve();
const STORED = Promise.resolve(true);

/** What storing a session needs of the session. */
export interface PersistenceHost {
  readonly id: string;
  readonly key: string;
  readonly services: Services;
  readonly handshake: Handshake;
  readonly openOutlet: Pick<Outlet, 'restow' | 'sequence'> | null;
  /** The session goes on as its record, perhaps by another actor. */
  readonly isDismissed: boolean;
  /** Whose the session is. */
  readonly principal: string | undefined;
  /** Why the session ends, while it does. */
  readonly reason: EndReason;
  /** The session is worth a record before it sleeps: its client knows it, or it keeps something. */
  readonly isWorthKeeping: boolean;
  /** A record of the session is of use. */
  readonly isStorable: boolean;
  /** What is to be stored of the session now. */
  record(): Recorded;
  crash(error: unknown): void;
  /** A write is done: it may have been all that kept a sleeping session in this process. */
  passivate(): void;
}

/** What a durable store has of one session: whether that is the latest, and until when. */
export class Persistence implements Persisted {
  readonly #host: PersistenceHost;
  readonly #keeper: Keeper;
  /** The session has changed since it was last stored. */
  #isDirty = false;
  /** The write that is under way. */
  #storing: Promise<void> | null = null;
  /** The removal of an ended session: from here on nothing of the session is stored. */
  #forgotten: Promise<void> | null = null;
  /** Something of the session is stored, or will be. */
  #isUsed = false;
  /** There was a record to store, when one was last made. */
  #canStore = true;
  /** With a record that could not be made any more, the store has forgotten the session's rows. */
  #hasNoRows = false;
  /** What the store can not keep of the session, and was announced: locals, `undefined` the state. */
  #announced: Set<unknown> | null = null;
  #isWhole = true;
  /** The store has the record, or may have it. */
  #isTaken = false;
  /** The stored record says that the session sleeps. */
  #isStoredAsleep = false;
  #claim: Claim | undefined;
  /** When the stored record expires, in milliseconds since the epoch. */
  storedUntil = 0;
  /** The store knows that the session's streams have taken all numbers up to this one. */
  taken = 0;

  constructor(host: PersistenceHost, keeper: Keeper) {
    this.#host = host;
    this.#keeper = keeper;
  }

  get id(): string {
    return this.#host.id;
  }

  get key(): string {
    return this.#host.key;
  }

  /** The right to write the session, in a store that several processes have. */
  get claim(): Claim | undefined {
    return this.#claim;
  }

  /** Writes by this claim from here on. */
  own(claim: Claim | undefined): void {
    this.#claim = claim;
  }

  get principal(): string | undefined {
    return this.#host.principal;
  }

  get reason(): EndReason {
    return this.#host.reason;
  }

  /** Another process goes on with the session: nothing more is stored of it here. */
  get isLost(): boolean {
    return this.#claim?.isLost === true;
  }

  /** The store has the session as it is now: no change and no write is pending. */
  get isClean(): boolean {
    return !this.#isDirty && this.#storing === null && !this.#keeper.isBusy(this.id);
  }

  /** Resolves when the store has forgotten an ended session; `null` before the session's end. */
  get forgotten(): Promise<void> | null {
    return this.#forgotten;
  }

  /** The stored record is not this actor's to change: the session ended, or goes on elsewhere. */
  get #isOver(): boolean {
    return this.#forgotten !== null || this.#host.isDismissed || this.isLost;
  }

  get #isWorthKeeping(): boolean {
    const { isStorable, isWorthKeeping } = this.#host;
    // In a cluster, no other process may begin what is of the same principal.
    return isWorthKeeping || (this.#claim !== undefined && isStorable);
  }

  /** The store knows the session, or will. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** The store knows the session, or will, and has something to go on from. */
  get isKept(): boolean {
    return this.#isUsed && this.#canStore;
  }

  /** Nothing of the session was left out of the record that was last made. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** By how much times in the store are behind the clock. */
  get behindMs(): number {
    return this.#keeper.behindMs;
  }

  /** Goes on from the session's record. */
  restore(record: SessionRecord): void {
    this.#isUsed = true;
    this.#isTaken = true;
    this.#isStoredAsleep = record.asleep;
    this.storedUntil = endOf(record);
  }

  /** The session is in use: its record in the store must not say that it sleeps. */
  activated(): void {
    if (this.#isStoredAsleep) this.changed();
  }

  refused(): void {
    this.#isDirty = true;
  }

  /** Notes a change that is stored nowhere yet, and that nobody waits for. */
  touch(): void {
    this.#isDirty = true;
  }

  /** Notes a change, and has it stored within `writeBehindMs`. */
  changed(): void {
    if (this.#isOver || !this.#isWorthKeeping) return;
    this.#isUsed = true;
    this.#isDirty = true;
    this.#keeper.mark(this);
  }

  record(): SessionRecord | undefined {
    // A write that took too long to begin: nobody hears what comes of it, so it is made once more.
    this.#isDirty = this.#storing === null;
    if (this.#isDirty) this.#keeper.mark(this);
    const { record, leftOut } = this.#host.record();
    this.#canStore = record !== undefined;
    if (record === undefined) this.#hasNoRows = true;
    this.#isWhole = leftOut.length === 0;
    for (const left of leftOut) this.#leaveOut(left);
    if (record !== undefined) this.restore(record);
    return record;
  }

  /** Stores what has changed. Called by the deadlines, some time after a change. */
  writeBehind(): void {
    // A session whose write failed is marked again, perhaps after its end.
    if (this.#isDirty && !this.#isOver) this.store().catch(() => {});
  }

  /** Stores the session now. @throws what the store failed with: the session goes on in memory */
  store(): Promise<void> {
    if (this.#isOver) return DONE;
    this.#isUsed = true;
    // The record is made later, and has taken as many numbers or more.
    const taken = this.#host.openOutlet?.sequence ?? 0;
    const storing = this.#keeper.put(this);
    this.#storing = storing;
    storing
      .then(
        () => this.#written(taken),
        () => void (this.#isDirty = true),
      )
      .then(() => this.#stored(storing))
      .catch((error: unknown) => this.#host.crash(error));
    return storing;
  }

  /** Stores the session now. `false`: the store failed, and the session goes on in memory. */
  stored(): Promise<boolean> {
    return isDone(this.store());
  }

  /**
   * Stores the session now; where other processes may go on with it, until that is done, or is theirs.
   *
   * @throws ActorsError `state-too-large` where no process ever could go on with the session
   */
  async kept(): Promise<void> {
    try {
      await this.store();
    } catch (error) {
      if ((await this.#unstored(error)) !== undefined) throw error;
    }
  }

  /**
   * Holds an answer back until the store has what the answer was computed from.
   *
   * @returns why the answer is not given: the session could not be stored
   */
  beforeAnswer(ask: Ask, response: ResponseMessage): Promise<RefusalCode | undefined> | undefined {
    const { handshake, services } = this.#host;
    const { method } = ask.message;
    if (method === 'initialize') {
      if (response.result === undefined) return undefined;
      handshake.note(ask, response);
      return this.#isWorthKeeping ? this.store().then(nothing, refusalOf) : undefined;
    }
    if (HANDSHAKE_METHODS.has(method)) {
      handshake.note(ask, response, services.limits.maxSubscriptionBytes);
      this.changed();
    }
    const pending = this.#isDirty ? this.store() : this.#storing;
    return pending?.then(nothing, (error: unknown) => this.#unstored(error));
  }

  /**
   * What the store could not take. A session of one process goes on in memory. Where other processes may
   * go on with the session, an answer waits until the store has what the answer was computed from: the
   * next owner would contradict it. What no store ever takes is refused at once.
   */
  async #unstored(failure: unknown): Promise<RefusalCode | undefined> {
    let error = failure;
    while (this.#claim !== undefined && !this.isLost && this.#forgotten === null) {
      if (isTooLarge(error)) return 'state-too-large';
      await this.#keeper.soon();
      try {
        // Another write may be under way with it: that is not stored yet.
        await (this.#isDirty ? this.store() : this.#storing);
        return undefined;
      } catch (again) {
        error = again;
      }
    }
    return undefined;
  }

  /** Stores a row of the session's streams with the next write. */
  row(row: Row): void {
    if (this.#forgotten === null && !this.isLost) this.#keeper.row(this, row);
  }

  erase(row: Row): void {
    if (this.#forgotten === null && !this.isLost) this.#keeper.erase(this, row);
  }

  /** Resolves when the rows given so far are stored; `false`: the store failed. */
  rowsStored(): Promise<boolean> {
    return this.#forgotten === null ? this.#keeper.rowsStored(this) : STORED;
  }

  /**
   * Removes the session from the store: it ended and must not come back. What no store knows so far is
   * not stored any more, also where a change of the state comes to its end later.
   */
  forget(): void {
    this.#forgotten ??= this.#isUsed && !this.isLost ? this.#keeper.forget(this) : DONE;
    // A caller that needs the outcome awaits the promise; nobody else has to.
    this.#forgotten.catch(() => {});
  }

  /** Counts and announces, once, what is lost of the session with its process. */
  #leaveOut({ what, local, of }: LeftOut): void {
    this.#announced ??= new Set();
    if (this.#announced.has(of)) return;
    this.#announced.add(of);
    const { key, services } = this.#host;
    services.counters.unstorable[what]++;
    services.events.emit('session.unstorable', { session: key, what, local });
  }

  /** @param taken the numbers of streams that the store knows of by now */
  #written(taken: number): void {
    this.taken = Math.max(this.taken, taken);
    if (!this.#hasNoRows || !this.#canStore) return;
    this.#hasNoRows = false;
    this.#host.openOutlet?.restow?.();
  }

  #stored(storing: Promise<void>): void {
    if (this.#storing !== storing) return;
    this.#storing = null;
    this.#host.passivate();
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ActorsError && error.code === 'state-too-large';
}

function refusalOf(error: unknown): RefusalCode {
  return isTooLarge(error) ? 'state-too-large' : 'store-unavailable';
}

function nothing(): undefined {}

function isDone(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
