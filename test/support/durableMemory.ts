import { MemoryStore } from '../../src/store/memoryStore.ts';
import type { SessionRecord } from '../../src/store/record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StorePart,
  StoreTime,
} from '../../src/store/store.ts';

/** What a disk is to a test: it copies, answers later, and outlives the runtimes that close it. */
export class DurableMemory implements SessionStore {
  readonly isDurable = true;
  readonly #records = new MemoryStore();
  /** Every write there was. */
  writes = 0;
  closes = 0;
  readonly parts = new Map<StorePart, DurableMemory>();
  #time: StoreTime | undefined;
  /** Set to have everything fail, or never come back. */
  trouble: 'fails' | 'hangs' | undefined;

  async get(id: string): Promise<SessionRecord | undefined> {
    await this.#meet();
    return structuredClone(this.#records.get(id));
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    const copy = structuredClone(changes);
    await this.#meet();
    this.writes++;
    this.#records.write(copy);
  }

  async page(query: RecordQuery): Promise<RecordPage> {
    await this.#meet();
    return structuredClone(this.#records.page(query));
  }

  async due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    await this.#meet();
    return structuredClone(this.#records.due(now, limit));
  }

  async count(principal?: string): Promise<number> {
    await this.#meet();
    return this.#records.count(principal);
  }

  async rows(id: string): Promise<ReturnType<MemoryStore['rows']>> {
    await this.#meet();
    return this.#records.rows(id);
  }

  async time(): Promise<StoreTime | undefined> {
    await this.#meet();
    return this.#time;
  }

  async keepTime(time: StoreTime): Promise<void> {
    await this.#meet();
    this.#time = time;
  }

  part(name: StorePart): DurableMemory {
    const part = this.parts.get(name) ?? new DurableMemory();
    this.parts.set(name, part);
    return part;
  }

  close(): void {
    this.closes++;
  }

  async #meet(): Promise<void> {
    if (this.trouble === 'fails') throw new Error('no space left on device');
    if (this.trouble === 'hangs') await new Promise(() => {});
  }
}
