import { ActorsError } from '../../base/errors.ts';
import { fingerprint, PRINT } from '../codec/fingerprint.ts';
import { encodeRecord } from '../codec/recordCodec.ts';
import { encodeRow } from '../codec/rowCodec.ts';
import { NUMBER, sortable } from '../codec/sortable.ts';
import { decodeTime, encodeTime } from '../codec/timeCodec.ts';
import type { SessionRecord } from '../record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StorePart,
  StoreTime,
} from '../store.ts';
import type { Awaitable } from '../../base/awaitable.ts';
import { type Access, Commits } from './commits.ts';
import { Environment } from './environment.ts';
import type { CheckedOptions } from './options.ts';
import { PartAccess } from './partAccess.ts';
import { Reader } from './reader.ts';
import { beginningWith } from './range.ts';
import { keysIn, type Tables } from './tables.ts';

/** Bytes that a change counts beside those of its record or row. */
const OVERHEAD = 64;

interface Encoded {
  readonly bytes: number;
  readonly work: (tables: Tables) => void;
}

/** Keeps records in an LMDB database on the disk. */
export class LmdbStore implements SessionStore {
  readonly isDurable = true;
  readonly #options: CheckedOptions;
  readonly #commits: Access;
  readonly #reader: Reader;

  /**
   * @param access to the tables of a part; without it, the files are opened
   * @throws ActorsError `store-unavailable`
   */
  constructor(options: CheckedOptions, access?: Access) {
    this.#options = options;
    this.#commits = access ?? new Commits(() => new Environment(options), options.maxWaitingBytes);
    this.#reader = new Reader(this.#commits, options.migrate);
  }

  get(id: string): Awaitable<SessionRecord | undefined> {
    return this.#commits.read((tables) => {
      const record = this.#reader.record(tables, fingerprint(id));
      return record === undefined || record instanceof Promise || record.id === id
        ? record
        : undefined;
    });
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    // All changes before the first wait: what the caller does to a state later is not stored.
    const encoded = changes.map((change) => this.#encode(change));
    const bytes = encoded.reduce((sum, change) => sum + change.bytes, 0);
    if (encoded.length === 0) return;
    const work = (tables: Tables): void => {
      for (const change of encoded) change.work(tables);
    };
    await this.#commits.write(work, encoded.length, bytes);
  }

  page({ principal, after, limit }: RecordQuery): Awaitable<RecordPage> {
    return this.#commits.read((tables) => {
      const isOfAll = principal === undefined;
      const owner = isOfAll ? Buffer.of() : fingerprint(principal);
      const place = placeOf(after);
      if (place === undefined) return { records: [], next: undefined };
      const range = { ...beginningWith(owner), start: Buffer.concat([owner, place]) };
      const listed = this.#reader.list(
        tables,
        isOfAll ? tables.due : tables.owned,
        range,
        limit + 1,
        (record) => isOfAll || record.principal === principal,
      );
      const records = listed.slice(0, limit).map(({ record }) => record);
      const last = listed.length > limit ? listed[limit - 1] : undefined;
      return { records, next: last?.key.subarray(owner.length).toString('hex') };
    });
  }

  due(now: number, limit: number): Awaitable<readonly SessionRecord[]> {
    return this.#commits.read((tables) => {
      const range = { ...beginningWith(sortable(now)), start: Buffer.of() };
      return this.#reader.list(tables, tables.due, range, limit).map(({ record }) => record);
    });
  }

  count(principal?: string): Awaitable<number> {
    return this.#commits.read((tables) =>
      principal === undefined
        ? tables.size
        : keysIn(tables.owned, beginningWith(fingerprint(principal))).length,
    );
  }

  rows(id: string): Awaitable<readonly { readonly n: number; readonly row: string }[]> {
    return this.#commits.read((tables) => this.#reader.rows(tables, fingerprint(id)));
  }

  time(): Awaitable<StoreTime | undefined> {
    return this.#commits.read((tables) => decodeTime(tables.time));
  }

  async keepTime(time: StoreTime): Promise<void> {
    const bytes = encodeTime(time);
    await this.#commits.write((tables) => tables.keepTime(bytes));
  }

  part(name: StorePart): SessionStore {
    return new LmdbStore(this.#options, new PartAccess(this.#commits, name));
  }

  close(): Promise<void> {
    return this.#commits.close();
  }

  #encode(change: StoreChange): Encoded {
    if (change.type === 'put') return this.#encodeRecord(change.record);
    const session = fingerprint(change.id);
    if (change.type === 'remove') {
      return { bytes: OVERHEAD, work: (tables) => tables.remove(session) };
    }
    const { n, row } = change;
    const bytes = row === undefined ? undefined : encodeRow(row);
    return {
      bytes: OVERHEAD + (bytes?.length ?? 0),
      work: (tables) => tables.row(session, n, bytes),
    };
  }

  #encodeRecord(record: SessionRecord): Encoded {
    const session = fingerprint(record.id);
    const bytes = encodeRecord(record);
    const { maxRecordBytes: most } = this.#options;
    if (bytes.length > most) {
      const found = `The record of session ${record.key} has ${bytes.length} bytes`;
      throw new ActorsError('state-too-large', `${found}, more than maxRecordBytes (${most})`);
    }
    return { bytes: OVERHEAD + bytes.length, work: (tables) => tables.put(session, bytes) };
  }
}

/** The key behind a cursor's, or before all keys; `undefined` for a text that is no cursor. */
function placeOf(cursor: string | undefined): Buffer | undefined {
  if (cursor === undefined) return Buffer.of();
  const length = 2 * (NUMBER + PRINT);
  if (cursor.length !== length || !/^[\da-f]+$/.test(cursor)) return undefined;
  return Buffer.concat([Buffer.from(cursor, 'hex'), Buffer.of(0)]);
}
