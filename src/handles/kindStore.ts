import { type Awaitable, isPromise } from '../base/awaitable.ts';
import type { OwnedStore, Ownership } from '../directory/ownership.ts';
import type { SessionRecord } from '../store/record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StoreObserver,
} from '../store/store.ts';

/** Records counted in one go. */
const PAGE = 500;

/** The records of one kind in a part of a durable store that all kinds have in common. */
export class KindStore implements SessionStore {
  readonly isDurable = true;
  readonly isShared: boolean;
  readonly #part: SessionStore;
  readonly #ownership: Ownership;
  readonly #kind: string;
  /** Another kind of this program has the record, and sees to it. */
  readonly #isOthers: (record: SessionRecord) => boolean;

  constructor(
    { store, ownership }: OwnedStore,
    kind: string,
    isOthers: (record: SessionRecord) => boolean,
  ) {
    this.#part = store;
    this.#ownership = ownership;
    this.isShared = store.isShared === true;
    this.#kind = kind;
    this.#isOthers = isOthers;
  }

  get(id: string): Awaitable<SessionRecord | undefined> {
    const own = (record: SessionRecord | undefined): SessionRecord | undefined =>
      record?.home === this.#kind ? record : undefined;
    const found = this.#part.get(id);
    return isPromise(found) ? Promise.resolve(found).then(own) : own(found);
  }

  write(changes: readonly StoreChange[]): Awaitable<void> {
    return this.#part.write(changes);
  }

  async page(query: RecordQuery): Promise<RecordPage> {
    const { records, next, owners } = await this.#part.page(query);
    const own = records.filter(({ home }) => home === this.#kind);
    return { records: own, next, ...(owners !== undefined && { owners }) };
  }

  /** Records that are due. Those of kinds that this program does not know any more are removed. */
  async due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    const due = await this.#part.due(now, limit);
    const left = due.filter((each) => each.home !== this.#kind && !this.#isOthers(each));
    if (left.length > 0) await this.write(await this.#removals(left));
    return due.filter(({ home }) => home === this.#kind);
  }

  /** What another process has claimed meanwhile is left to that. @throws ActorsError `store-unavailable` */
  async #removals(records: readonly SessionRecord[]): Promise<StoreChange[]> {
    const removals: StoreChange[] = [];
    for (const { id } of records) {
      const claimed = await this.#ownership.claim(id);
      if (claimed === 'ours') removals.push({ type: 'remove', id });
      else if (claimed.at === 'ours') {
        const { claim } = claimed;
        this.#ownership.ended(claim);
        removals.push({ type: 'remove', id, claim, reason: 'expired' });
      }
    }
    return removals;
  }

  async count(principal?: string): Promise<number> {
    let count = 0;
    for (let after: string | undefined; ;) {
      const query = { limit: PAGE, ...(principal !== undefined && { principal }) };
      const { records, next } = await this.page({
        ...query,
        ...(after !== undefined && { after }),
      });
      count += records.length;
      if (next === undefined) return count;
      after = next;
    }
  }

  rows(id: string): ReturnType<SessionStore['rows']> {
    return this.#part.rows(id);
  }

  time(): ReturnType<NonNullable<SessionStore['time']>> {
    return this.#part.time?.();
  }

  observe(observer: StoreObserver): void {
    this.#part.observe?.(observer);
  }

  /** The part is closed with its store. */
  close(): void {}
}
