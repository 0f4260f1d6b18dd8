import { ExpiryOrder, type Place } from './expiryOrder.ts';
import type { SessionRecord } from './record.ts';
import type { RecordPage, RecordQuery, SessionStore, StoreChange } from './store.ts';

/**
 * Keeps records by reference, for as long as the process lives. Everything it does is done when it
 * returns.
 *
 * Made for a million of them: beside the record there is a slot in a map, a pointer in the order,
 * and where it has a principal a second slot.
 */
export class MemoryStore implements SessionStore {
  readonly isDurable = false;
  readonly #records = new Map<string, SessionRecord>();
  #order = new ExpiryOrder();
  /** A principal with one session has no order of its own. */
  readonly #principals = new Map<string, SessionRecord | ExpiryOrder>();
  #rows: Map<string, Map<number, string>> | null = null;

  get(id: string): SessionRecord | undefined {
    return this.#records.get(id);
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
    for (const record of this.#of(principal).after(place)) {
      if (records.length === limit) return { records, next: cursorOf(records.at(-1)) };
      records.push(record);
    }
    return { records, next: undefined };
  }

  due(now: number, limit: number): readonly SessionRecord[] {
    const records: SessionRecord[] = [];
    for (const record of this.#order.after()) {
      if (record.expiresAt > now || records.length === limit) break;
      records.push(record);
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
    this.#order = new ExpiryOrder();
    this.#rows = null;
  }

  #put(record: SessionRecord): void {
    const before = this.#records.get(record.id);
    if (before !== undefined) this.#unlist(before);
    this.#records.set(record.id, record);
    this.#order.add(record);
    const { principal } = record;
    if (principal === undefined) return;
    const others = this.#principals.get(principal);
    if (others === undefined) this.#principals.set(principal, record);
    else if (others instanceof ExpiryOrder) others.add(record);
    else this.#principals.set(principal, new ExpiryOrder(others, record));
  }

  #remove(id: string): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    this.#unlist(record);
    this.#records.delete(id);
    if (this.#rows?.delete(id) === true && this.#rows.size === 0) this.#rows = null;
  }

  #unlist(record: SessionRecord): void {
    this.#order.remove(record);
    if (record.principal === undefined) return;
    const all = this.#principals.get(record.principal);
    if (all instanceof ExpiryOrder) all.remove(record);
    if (all === record || (all instanceof ExpiryOrder && all.size === 0)) {
      this.#principals.delete(record.principal);
    }
  }

  #row(id: string, n: number, row: string | undefined): void {
    // Rows of a session that is over would be swept by nobody.
    if (!this.#records.has(id)) return;
    const rows = this.#rows?.get(id);
    if (row === undefined) {
      rows?.delete(n);
      if (rows?.size === 0) this.#rows?.delete(id);
    } else if (rows === undefined) {
      this.#rows ??= new Map();
      this.#rows.set(id, new Map([[n, row]]));
    } else {
      rows.set(n, row);
    }
  }

  #of(principal: string | undefined): ExpiryOrder {
    if (principal === undefined) return this.#order;
    const records = this.#principals.get(principal);
    if (records instanceof ExpiryOrder) return records;
    return records === undefined ? new ExpiryOrder() : new ExpiryOrder(records);
  }
}

/** Names no secret: a page's cursor may be seen by those who watch. */
function cursorOf(record: SessionRecord | undefined): string | undefined {
  return record === undefined ? undefined : `${record.expiresAt}:${record.key}`;
}

/** Behind every record where the cursor is none of ours. */
function placeOf(cursor: string): Place {
  const [, expiresAt = 'Infinity', key = '\uffff'] = /^([^:]+):(.*)$/s.exec(cursor) ?? [];
  const at = Number(expiresAt);
  return { expiresAt: Number.isNaN(at) ? Infinity : at, key, id: '\uffff' };
}
