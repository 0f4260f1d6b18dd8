import { MemoryStore } from '../store/memoryStore.ts';
import type { SessionRecord } from '../store/record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StoreTime,
} from '../store/store.ts';

/** What outlives the runtimes of a test, as a disk does: it copies, and answers a turn later. */
export class MemoryDisk {
  readonly records = new MemoryStore();
  time: StoreTime | undefined;

  /** The disk for one process more. */
  mount(): MountedDisk {
    return new MountedDisk(this);
  }
}

/** A durable store on a {@link MemoryDisk}: once cut off, nothing it is told gets there. */
export class MountedDisk implements SessionStore {
  readonly isDurable = true;
  readonly #disk: MemoryDisk;
  #isCut = false;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  /** The process has died: what it still does, it does without a disk. */
  cut(): void {
    this.#isCut = true;
  }

  async get(id: string): Promise<SessionRecord | undefined> {
    return this.#isCut ? undefined : structuredClone(this.#disk.records.get(id));
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    // Copied before the turn ends: the session goes on and changes what it has given.
    const copy = structuredClone(changes);
    if (!this.#isCut) this.#disk.records.write(copy);
  }

  async page(query: RecordQuery): Promise<RecordPage> {
    if (this.#isCut) return { records: [], next: undefined };
    return structuredClone(this.#disk.records.page(query));
  }

  async due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    return this.#isCut ? [] : structuredClone(this.#disk.records.due(now, limit));
  }

  async count(principal?: string): Promise<number> {
    return this.#isCut ? 0 : this.#disk.records.count(principal);
  }

  async rows(id: string): Promise<ReturnType<MemoryStore['rows']>> {
    return this.#disk.records.rows(this.#isCut ? '' : id);
  }

  async time(): Promise<StoreTime | undefined> {
    return this.#disk.time;
  }

  async keepTime(time: StoreTime): Promise<void> {
    if (!this.#isCut) this.#disk.time = time;
  }

  close(): void {}
}
