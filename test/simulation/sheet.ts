import type { Rows, SessionRecord } from '../../src/store/record.ts';
import type { RecordPage, RecordQuery, StoreChange } from '../../src/store/store.ts';

/** What is written on a disk. */
export class Sheet {
  readonly #records: Map<string, SessionRecord>;
  readonly #rows: Map<string, Map<number, string>>;
  /** Records that can not be read. */
  readonly corrupt = new Set<string>();

  constructor(records = new Map<string, SessionRecord>(), rows = new Map()) {
    this.#records = records;
    this.#rows = rows;
  }

  copy(): Sheet {
    const rows = [...this.#rows].map(([id, each]) => [id, new Map(each)] as const);
    return new Sheet(new Map(this.#records), new Map(rows));
  }

  write(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#records.set(change.record.id, change.record);
      else if (change.type === 'row') this.#row(change.id, change.n, change.row);
      else {
        this.#records.delete(change.id);
        this.#rows.delete(change.id);
        this.corrupt.delete(change.id);
      }
    }
  }

  /** A copy: what its reader does to it is not on the disk. */
  get(id: string): SessionRecord | undefined {
    const record = this.#records.get(id);
    return record === undefined ? undefined : structuredClone(record);
  }

  /** The record itself, not to be changed. */
  peek(id: string): SessionRecord | undefined {
    return this.#records.get(id);
  }

  page({ principal, after, limit }: RecordQuery): RecordPage {
    const from = Number(after ?? 0);
    const all = this.#inOrder().filter(
      (each) => principal === undefined || each.principal === principal,
    );
    const records = structuredClone(all.slice(from, from + limit));
    return { records, next: from + limit < all.length ? String(from + limit) : undefined };
  }

  due(now: number, limit: number): readonly SessionRecord[] {
    const due = this.#inOrder().filter(({ expiresAt }) => expiresAt <= now);
    return structuredClone(due.slice(0, limit));
  }

  count(principal?: string): number {
    if (principal === undefined) return this.#records.size;
    return this.#inOrder().filter((each) => each.principal === principal).length;
  }

  rows(id: string): Rows {
    const rows = Array.from(this.#rows.get(id) ?? [], ([n, row]) => ({ n, row }));
    return rows.toSorted((a, b) => a.n - b.n);
  }

  /** Rows of all sessions. */
  get rowCount(): number {
    return [...this.#rows.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get ids(): string[] {
    return [...this.#records.keys()];
  }

  #row(id: string, n: number, row: string | undefined): void {
    // Rows of a session without a record would never be swept.
    if (!this.#records.has(id)) return;
    const rows = this.#rows.get(id) ?? new Map<number, string>();
    if (row === undefined) rows.delete(n);
    else rows.set(n, row);
    this.#rows.set(id, rows);
  }

  #inOrder(): SessionRecord[] {
    return [...this.#records.values()].toSorted((a, b) => a.expiresAt - b.expiresAt);
  }
}
