import type { SessionRecord } from '../../src/store/record.ts';
import type { RecordPage, RecordQuery, StoreChange } from '../../src/store/store.ts';
import { DurableMemory } from './durableMemory.ts';

type Work = 'get' | 'write' | 'page' | 'due' | 'count' | 'rows';

/** A durable store of which a test holds up, or fails, what it wants. What was read is what was there before. */
export class HeldStore extends DurableMemory {
  readonly #held = new Map<Work, Promise<void>>();
  readonly #failing = new Map<Work, Error>();

  /** From here on these calls wait. @returns lets them go on */
  hold(work: Work): () => void {
    let release!: () => void;
    this.#held.set(work, new Promise((resolve) => (release = resolve)));
    return () => {
      this.#held.delete(work);
      release();
    };
  }

  /** From here on these calls fail; with nothing they work again. */
  fail(work: Work, error?: Error): void {
    if (error === undefined) this.#failing.delete(work);
    else this.#failing.set(work, error);
  }

  override get(id: string): Promise<SessionRecord | undefined> {
    return this.#meet('get', super.get(id));
  }

  override async write(changes: readonly StoreChange[]): Promise<void> {
    const copy = structuredClone(changes);
    await this.#meet('write', Promise.resolve());
    await super.write(copy);
  }

  override page(query: RecordQuery): Promise<RecordPage> {
    return this.#meet('page', super.page(query));
  }

  override due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    return this.#meet('due', super.due(now, limit));
  }

  override async count(principal?: string): Promise<number> {
    await this.#meet('count', Promise.resolve());
    return super.count(principal);
  }

  override rows(id: string): ReturnType<DurableMemory['rows']> {
    return this.#meet('rows', super.rows(id));
  }

  async #meet<T>(work: Work, done: Promise<T>): Promise<T> {
    const error = this.#failing.get(work);
    const result = await done;
    await this.#held.get(work);
    if (error !== undefined) throw error;
    return result;
  }
}
