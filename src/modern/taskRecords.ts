import { ActorsError } from '../base/errors.ts';
import type { Claimed, OwnedStore, Ownership } from '../directory/ownership.ts';
import { Sweep } from '../directory/sweep.ts';
import { NOT_FOUND } from '../directory/whereabouts.ts';
import type { Services } from '../events/services.ts';
import { Keeper } from '../store/keeper.ts';
import { isCorrupt } from '../store/reads.ts';
import { dataRecord, type SessionRecord } from '../store/record.ts';
import type { Claim } from '../store/store.ts';
import type { Persisted } from '../store/writer.ts';
import type { Kept } from './task.ts';

/** A task, as it is stored. */
export interface RecordedTask {
  readonly id: string;
  readonly principal: string | undefined;
  readonly createdAt: number;
  /** When the task is forgotten, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** What is kept of the task now. */
  readonly kept: Kept;
}

const NAME = 'task';
const NONE: readonly never[] = [];
const NOTHING = (): void => {};

/** Stores one task. */
class Entry implements Persisted {
  claim: Claim | undefined;
  readonly id: string;
  readonly key: string;
  readonly #task: RecordedTask;
  readonly #again: (entry: Entry) => void;
  isTaken = false;
  /** The task is forgotten: a write that was refused is not tried again. */
  isOver = false;

  constructor(task: RecordedTask, key: string, again: (entry: Entry) => void) {
    this.id = task.id;
    this.key = key;
    this.#task = task;
    this.#again = again;
  }

  record(): SessionRecord {
    this.isTaken = true;
    const { id, key } = this;
    const { principal, createdAt, expiresAt, kept } = this.#task;
    return dataRecord({
      id,
      key,
      principal,
      home: NAME,
      startedAt: createdAt,
      expiresAt,
      state: kept,
    });
  }

  writeBehind(): void {
    if (!this.isOver) this.#again(this);
  }

  /** A task that was refused is stored again by itself. */
  refused(): void {}
}

/** The tasks of a runtime in a durable store: where a next process finds what became of them. */
export class TaskRecords {
  readonly #keeper: Keeper;
  readonly #services: Services;
  readonly #sweep: Sweep;
  readonly #ownership: Ownership;
  readonly #entries = new WeakMap<RecordedTask, Entry>();

  /**
   * @param isHere a task of this process, which ends by its own deadline
   * @param tasks those of this process
   */
  constructor(
    { store, ownership }: OwnedStore,
    trunk: Services,
    isHere: (id: string) => boolean,
    tasks: () => Iterable<RecordedTask>,
  ) {
    const services = trunk.branch({});
    services.events.on('store.failed', (failure) => trunk.events.emit('store.failed', failure));
    this.#services = trunk;
    this.#keeper = new Keeper(store, services);
    this.#ownership = ownership;
    const seek = (id: string): Promise<undefined> => this.#remove(id);
    this.#sweep = new Sweep(
      { keeper: this.#keeper, isHere, residents: () => NONE, seek },
      services,
    );
    this.#keeper.opened()?.catch(() => {});
    this.#keeper.onForgotten = () => {
      for (const task of tasks()) void this.put(task);
    };
    this.#sweep.expect();
  }

  /** Other processes may have tasks of the same store. */
  get isShared(): boolean {
    return this.#ownership.isShared;
  }

  /** What a question about any task has to wait for. Rejects with `store-unavailable`. */
  heldUp(): Promise<void> | undefined {
    return this.#ownership.isLive ? undefined : this.#ownership.live();
  }

  /** Stores a task as it is now. `false`: the store failed. */
  put(task: RecordedTask): Promise<boolean> {
    return this.#put(this.#entryOf(task)).then((failure) => failure === undefined);
  }

  /**
   * Stores what became of a task. Where another process may be asked for the task, that is tried until
   * it is done, or can not be: the other one would say something else.
   */
  async keep(task: RecordedTask): Promise<void> {
    const entry = this.#entryOf(task);
    for (;;) {
      const failure = await this.#put(entry);
      const isGone = entry.isOver || entry.claim?.isLost === true || this.#keeper.isOver;
      if (!this.isShared || isGone || failure?.code !== 'store-unavailable') return;
      await this.#keeper.soon();
    }
  }

  /** @returns what the store failed with */
  async #put(entry: Entry): Promise<{ readonly code?: unknown } | undefined> {
    entry.claim ??= this.#ownership.begun(entry.id);
    try {
      await this.#keeper.put(entry);
      return undefined;
    } catch (error) {
      return error instanceof ActorsError ? error : {};
    }
  }

  forget(task: RecordedTask): void {
    const entry = this.#entryOf(task);
    entry.isOver = true;
    if (entry.claim !== undefined) this.#ownership.ended(entry.claim);
    this.#keeper.forget(entry).catch(() => {});
  }

  // ---- where several processes have the store

  /** Another process has the task, in whichever way that came. */
  isLost(task: RecordedTask): boolean {
    return this.#entries.get(task)?.claim?.isLost === true;
  }

  /** Another process goes on with the task of a claim. */
  lost(claim: Claim): void {
    this.#keeper.lost(claim);
  }

  isOf(task: RecordedTask, claim: Claim): boolean {
    return this.#entries.get(task)?.claim === claim;
  }

  /** Makes the task of another process this one's, where that process is gone. @throws ActorsError */
  async claim(id: string): Promise<Exclude<Claimed, 'ours'>> {
    const claimed = await this.#ownership.claim(id);
    return claimed === 'ours' ? NOT_FOUND : claimed;
  }

  /**
   * Stores what became of a task of a process that is gone. The task is nobody's then: whoever asks for
   * it reads it.
   *
   * @throws ActorsError `store-unavailable`
   */
  async settle(task: RecordedTask, claim: Claim): Promise<void> {
    const entry = this.#entryOf(task);
    entry.claim = claim;
    const failure = await this.#put(entry);
    // By this claim, nothing is tried again.
    entry.isOver = true;
    const isStored = failure === undefined && !claim.isLost;
    await this.#ownership.release(claim);
    if (!isStored)
      throw new ActorsError('store-unavailable', 'what became of a task is not stored');
  }

  /**
   * What is kept of a task of an earlier process; `undefined`: nothing.
   *
   * @throws ActorsError `store-unavailable`: nobody knows
   */
  async find(id: string): Promise<SessionRecord | undefined> {
    if (!this.#keeper.mayHave(id)) return undefined;
    try {
      const [record] = await this.#keeper.load(id, undefined);
      const now = this.#services.clock.now();
      return record !== undefined && record.expiresAt > now ? record : undefined;
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }

  #entryOf(task: RecordedTask): Entry {
    let entry = this.#entries.get(task);
    if (entry === undefined) {
      const again = (each: Entry): void => void this.#keeper.put(each).catch(() => {});
      entry = new Entry(task, this.#services.digest(task.id), again);
      this.#entries.set(task, entry);
    }
    return entry;
  }

  /** The time of a task is up that no process has. @throws ActorsError `store-unavailable` */
  async #remove(id: string): Promise<undefined> {
    const claimed = await this.#ownership.claim(id);
    if (claimed !== 'ours' && claimed.at !== 'ours') return;
    const claim = claimed === 'ours' ? undefined : claimed.claim;
    if (claim !== undefined) this.#ownership.ended(claim);
    const gone = {
      id,
      claim,
      reason: 'expired' as const,
      key: id,
      isTaken: true,
      record: () => undefined,
      writeBehind: NOTHING,
      refused: NOTHING,
    };
    this.#keeper.forget(gone).catch(() => {});
  }
}
