import { compacted, type CompactRecord, InCommon } from './compactRecord.ts';
import { ExpiryOrder, type Place } from './expiryOrder.ts';
import type { SessionRecord } from './record.ts';
import { ShardedMap } from './shardedMap.ts';
import type { RecordPage, RecordQuery, SessionStore, StoreChange } from './store.ts';

/**
 * Keeps records for as long as the process lives, and their state by reference. Whatever the store
 * is asked is done when the call returns.
 *
 * Made for a million records: beside the record there is a slot in a map, a pointer in the order,
 * and where the record has a principal a second slot.
 */
export class MemoryStore implements SessionStore {
  readonly isDurable = false;
  readonly #records = new ShardedMap<CompactRecord>();
  #order = new Order();
  /** The records of each principal; a principal with one session has no order of its own. */
  readonly #principals = new ShardedMap<CompactRecord | Order>();
  readonly #inCommon = new InCommon();
  #puts = 0;
  #rows: Map<string, Map<number, string>> | null = null;

  get(id: string): SessionRecord | undefined {
    return this.#records.get(id)?.record;
  }

  write(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#put(change.record);
      else if (change.type === 'remove') this.#remove(change.id);
      else this.#row(change.id, change.n, change.row);
    }
  }

  page({ principal, after, limit }: RecordQuery): RecordPage {
    const records: SessionRecord[] = [];
    const place = after === undefined ? undefined : placeOf(after);
    let last: Place | undefined;
    for (const compact of this.#of(principal).after(place)) {
      if (records.length === limit) return { records, next: last && cursorOf(last) };
      records.push(compact.record);
      last = compact;
    }
    return { records, next: undefined };
  }

  due(now: number, limit: number): readonly SessionRecord[] {
    const records: SessionRecord[] = [];
    for (const compact of this.#order.after()) {
      if (compact.expiresAt > now || records.length === limit) break;
      records.push(compact.record);
    }
    return records;
  }

  count(principal?: string): number {
    return principal === undefined ? this.#records.size : this.#of(principal).size;
  }

  rows(id: string): readonly { readonly n: number; readonly row: string }[] {
    const rows = Array.from(this.#rows?.get(id) ?? [], ([n, row]) => ({ n, row }));
    return rows.toSorted((a, b) => a.n - b.n);
  }

  close(): void {
    this.#records.clear();
    this.#principals.clear();
    this.#order = new Order();
    this.#rows = null;
  }

  #put(record: SessionRecord): void {
    const compact = compacted(record, this.#inCommon.of(record), this.#puts++);
    const before = this.#records.get(record.id);
    if (before !== undefined) this.#unlist(before);
    this.#records.set(compact.id, compact);
    this.#order.add(compact);
    const { principal } = compact;
    if (principal === undefined) return;
    const others = this.#principals.get(principal);
    if (others === undefined) this.#principals.set(principal, compact);
    else if (others instanceof Order) others.add(compact);
    else this.#principals.set(principal, new Order(others, compact));
  }

  #remove(id: string): void {
    const compact = this.#records.get(id);
    if (compact === undefined) return;
    this.#unlist(compact);
    this.#records.delete(id);
    if (this.#rows?.delete(id) === true && this.#rows.size === 0) this.#rows = null;
  }

  #unlist(compact: CompactRecord): void {
    this.#order.remove(compact);
    const { principal } = compact;
    if (principal === undefined) return;
    const all = this.#principals.get(principal);
    if (all instanceof Order) all.remove(compact);
    if (all === compact || (all instanceof Order && all.size === 0)) {
      this.#principals.delete(principal);
    }
  }

  #row(id: string, n: number, row: string | undefined): void {
    // Rows of a session without a record would never be swept.
    if (this.#records.get(id) === undefined) return;
    const rows = this.#rows?.get(id) ?? new Map<number, string>();
    if (row === undefined) rows.delete(n);
    else rows.set(n, row);
    if (rows.size > 0) (this.#rows ??= new Map<string, typeof rows>()).set(id, rows);
    else this.#rows?.delete(id);
  }

  #of(principal: string | undefined): Order {
    if (principal === undefined) return this.#order;
    const records = this.#principals.get(principal);
    if (records instanceof Order) return records;
    return records === undefined ? new Order() : new Order(records);
  }
}

class Order extends ExpiryOrder<CompactRecord> {}

/** The cursor of a page: names no secret, because watchers may see it. */
function cursorOf({ expiresAt, order }: Place): string {
  return `${expiresAt}:${order}`;
}

/** The place a cursor names; behind every record where the cursor is none of this store's. */
function placeOf(cursor: string): Place {
  const [, expiresAt, order] = /^([^:]+):(\d+)$/.exec(cursor) ?? [];
  const place = { expiresAt: Number(expiresAt ?? Infinity), order: Number(order ?? Infinity) };
  return Number.isNaN(place.expiresAt) ? { expiresAt: Infinity, order: Infinity } : place;
}
