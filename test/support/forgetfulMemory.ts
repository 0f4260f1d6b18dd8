import type { StoreObserver, StorePart } from '../../src/store/store.ts';
import { DurableMemory } from './durableMemory.ts';

/** A durable store that may come back without what it had, and says so. */
export class ForgetfulMemory extends DurableMemory {
  readonly #observers: StoreObserver[] = [];

  observe(observer: StoreObserver): void {
    this.#observers.push(observer);
  }

  override part(name: StorePart): ForgetfulMemory {
    const part = this.parts.get(name) ?? new ForgetfulMemory();
    this.parts.set(name, part);
    return part as ForgetfulMemory;
  }

  /** Loses all records, and tells whoever observes. */
  async forget(): Promise<void> {
    const { records } = await this.page({ limit: 1000 });
    await this.write(records.map(({ id }) => ({ type: 'remove', id })));
    for (const observer of this.#observers) {
      observer.failed(new Error('it was emptied'));
      observer.forgot();
    }
  }
}
