import { Sweep } from '../directory/sweep.ts';
import type { Services } from '../events/services.ts';
import { Keeper } from '../store/keeper.ts';
import { isCorrupt } from '../store/reads.ts';
import { dataRecord, type SessionRecord } from '../store/record.ts';
import type { SessionStore } from '../store/store.ts';
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
  readonly #entries = new WeakMap<RecordedTask, Entry>();

  /**
   * @param isHere a task of this process, which ends by its own deadline
   * @param tasks those of this process
   */
  constructor(
    part: SessionStore,
    trunk: Services,
    isHere: (id: string) => boolean,
    tasks: () => Iterable<RecordedTask>,
  ) {
    const services = trunk.branch({});
    services.events.on('store.failed', (failure) => trunk.events.emit('store.failed', failure));
    this.#services = trunk;
    this.#keeper = new Keeper(part, services);
    const seek = (id: string): undefined => this.#remove(id);
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

  /** Stores a task as it is now. `false`: the store failed. */
  put(task: RecordedTask): Promise<boolean> {
    const entry = this.#entryOf(task);
    return this.#keeper.put(entry).then(
      () => true,
      () => false,
    );
  }

  forget(task: RecordedTask): void {
    const entry = this.#entryOf(task);
    entry.isOver = true;
    this.#keeper.forget(entry).catch(() => {});
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

  /** The time of a task of an earlier process is up. */
  #remove(id: string): undefined {
    const gone = {
      id,
      key: id,
      isTaken: true,
      record: () => undefined,
      writeBehind: NOTHING,
      refused: NOTHING,
    };
    this.#keeper.forget(gone).catch(() => {});
  }
}
