import { ActorsError } from '../../base/errors.ts';
import { PRINT } from '../codec/fingerprint.ts';
import { decodeRecord, listingOf, type Migrate } from '../codec/recordCodec.ts';
import { decodeRow } from '../codec/rowCodec.ts';
import { numberOf } from '../codec/sortable.ts';
import type { SessionRecord } from '../record.ts';
import type { Access } from './commits.ts';
import { beginningWith, type Range } from './range.ts';
import { keysIn, sessionOf, type Table, type Tables } from './tables.ts';

export interface Listed {
  /** The key of the record in the list that was read. */
  readonly key: Buffer;
  readonly record: SessionRecord;
}

/** Reads what is stored. A record or row that can not be read is put aside, and is gone then. */
export class Reader {
  readonly #commits: Access;
  readonly #migrate: Migrate | undefined;

  constructor(commits: Access, migrate: Migrate | undefined) {
    this.#commits = commits;
    this.#migrate = migrate;
  }

  /** Reads the record of a session. @throws ActorsError `store-unavailable`, `record-corrupt` */
  record(tables: Tables, session: Buffer): SessionRecord | Promise<never> | undefined {
    const bytes = tables.records.get(session);
    if (bytes === undefined) return undefined;
    try {
      return decodeRecord(bytes, this.#migrate);
    } catch (error) {
      return this.#refuse(error, this.#forget(session, bytes, error));
    }
  }

  /** Reads the records a list names, in its order; what can not be read is left out. */
  list(
    tables: Tables,
    table: Table,
    range: Range,
    limit: number,
    isWanted?: (record: SessionRecord) => boolean,
  ): Listed[] {
    const found: Listed[] = [];
    let { start } = range;
    for (;;) {
      const most = limit - found.length;
      const keys = keysIn(table, { ...range, start }, most);
      for (const key of keys) {
        const record = this.#listed(tables, table, key);
        if (record !== undefined && isWanted?.(record) !== false) found.push({ key, record });
      }
      const last = keys.at(-1);
      if (last === undefined || keys.length < most || found.length >= limit) return found;
      start = Buffer.concat([last, Buffer.of(0)]);
    }
  }

  /**
   * Reads the rows of a session.
   *
   * @throws ActorsError `record-corrupt`: rows with a gap are of no use, so all of them are gone
   */
  rows(tables: Tables, session: Buffer): { n: number; row: string }[] | Promise<never> {
    const rows: { n: number; row: string }[] = [];
    for (const key of keysIn(tables.rows, beginningWith(session))) {
      const bytes = tables.rows.get(key);
      try {
        const row = decodeRow(bytes ?? Buffer.of());
        rows.push({ n: numberOf(key.subarray(PRINT)), row });
      } catch (error) {
        const remove = (now: Tables): void => now.removeRows(session);
        return this.#refuse(error, this.#putAside('rows', key, bytes, remove));
      }
    }
    return rows;
  }

  #listed(tables: Tables, table: Table, key: Buffer): SessionRecord | undefined {
    const session = sessionOf(key);
    const bytes = tables.records.get(session);
    if (bytes === undefined || !tables.isListed(table, key, listingOf(bytes))) {
      // The key is left over from a record whose own listing was damaged.
      void this.#commits.write((now) => now.tidy(table, key)).catch(() => {});
      return undefined;
    }
    try {
      return decodeRecord(bytes, this.#migrate);
    } catch (error) {
      void this.#forget(session, bytes, error);
      return undefined;
    }
  }

  async #refuse(cause: unknown, forgotten: Promise<void>): Promise<never> {
    if (cause instanceof ActorsError) throw cause;
    await forgotten;
    const message = 'What is stored of a session can not be read; it was put aside';
    throw new ActorsError('record-corrupt', message, { cause });
  }

  async #forget(session: Buffer, bytes: Buffer, error: unknown): Promise<void> {
    // A newer release wrote the record, and can read it.
    if (error instanceof ActorsError) return;
    await this.#putAside('records', session, bytes, (tables) => tables.remove(session));
  }

  /** Puts damaged bytes aside. What can not be put aside now is found again by a later read. */
  async #putAside(
    name: 'records' | 'rows',
    key: Buffer,
    bytes: Buffer | undefined,
    remove: (tables: Tables) => void,
  ): Promise<void> {
    const work = (tables: Tables): void => {
      // Other bytes may have been written meanwhile.
      if (bytes === undefined || tables[name].get(key)?.equals(bytes) !== true) return;
      tables.keepAside(key.subarray(0, PRINT), bytes);
      remove(tables);
    };
    // The reader of a corrupt record is told of that record, not of a second failure.
    await this.#commits.write(work).catch(() => {});
  }
}
