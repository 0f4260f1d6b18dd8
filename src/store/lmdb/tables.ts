import type { Database, RootDatabase } from 'lmdb';
import { PRINT } from '../codec/fingerprint.ts';
import { listingOf, type Listing } from '../codec/recordCodec.ts';
import { NUMBER, sortable } from '../codec/sortable.ts';
import { STORE_PARTS, type StorePart } from '../store.ts';
import { beginningWith, type Range } from './range.ts';

/** A table of the store: keys and values are bytes. */
export type Table = Database<Buffer, Buffer>;

const TIME = Buffer.from('time');
const NOTHING = Buffer.alloc(0);
const OPTIONS = { keyEncoding: 'binary', encoding: 'binary' } as const;

/**
 * The tables of a store. Methods that change something are called within a transaction.
 *
 * A session is known by the fingerprint of its id. The lists `due` and `owned` have keys only,
 * which end with that fingerprint; each key stands and falls with its record.
 */
export class Tables {
  /** Session → sealed record. */
  readonly records: Table;
  /** Expiry, session: a list in the order of expiry. */
  readonly due: Table;
  /** Principal, expiry, session: one such list for each principal. */
  readonly owned: Table;
  /** Session, number → sealed row. */
  readonly rows: Table;
  /** Number → session and the bytes that could not be read. */
  readonly aside: Table;
  /** Name → versions, or the time. */
  readonly about: Table;
  readonly #maxAside: number;
  /** The tables of each part, which have `aside` and `about` in common with these. */
  readonly parts: ReadonlyMap<StorePart, Tables>;

  /** @param part of the store; without one, the tables of sessions, and of all parts */
  constructor(root: RootDatabase, maxAside: number, part?: StorePart) {
    const open = (name: string): Table => root.openDB({ name, ...OPTIONS });
    const prefix = part === undefined ? '' : `${part}.`;
    this.records = open(`${prefix}records`);
    this.due = open(`${prefix}due`);
    this.owned = open(`${prefix}owned`);
    this.rows = open(`${prefix}rows`);
    this.aside = open('aside');
    this.about = open('about');
    this.#maxAside = maxAside;
    const names = part === undefined ? STORE_PARTS : [];
    this.parts = new Map(names.map((name) => [name, new Tables(root, maxAside, name)]));
  }

  /** How many records there are. */
  get size(): number {
    // The types of lmdb do not describe the figures of a table.
    return (this.records.getStats() as { entryCount: number }).entryCount;
  }

  /** The sealed time that was kept last. */
  get time(): Buffer | undefined {
    return this.about.get(TIME);
  }

  keepTime(bytes: Buffer): void {
    void this.about.put(TIME, bytes);
  }

  put(session: Buffer, bytes: Buffer): void {
    const before = this.#listing(session);
    const now = listingOf(bytes);
    void this.records.put(session, bytes);
    if (before !== undefined && now?.bytes.equals(before.bytes) === true) return;
    this.#unlist(session, before);
    for (const [table, key] of this.#keys(session, now)) void table.put(key, NOTHING);
  }

  remove(session: Buffer): void {
    this.#unlist(session, this.#listing(session));
    void this.records.remove(session);
    this.removeRows(session);
  }

  /** Stores a row of a session, or removes it. */
  row(session: Buffer, n: number, bytes: Buffer | undefined): void {
    const key = Buffer.concat([session, sortable(n)]);
    if (bytes === undefined) void this.rows.remove(key);
    // Rows of a session without a record would never be swept.
    else if (this.records.doesExist(session)) void this.rows.put(key, bytes);
  }

  removeRows(session: Buffer): void {
    for (const key of keysIn(this.rows, beginningWith(session))) void this.rows.remove(key);
  }

  /** Keeps bytes that can not be read, so that the reason can be found; the oldest make room. */
  keepAside(session: Buffer, bytes: Buffer): void {
    const kept = keysIn(this.aside, beginningWith(Buffer.of()));
    const next = (kept.at(-1)?.readBigUInt64BE() ?? 0n) + 1n;
    const leaving = Math.max(kept.length + 1 - this.#maxAside, 0);
    for (const key of kept.slice(0, leaving)) void this.aside.remove(key);
    const key = Buffer.alloc(NUMBER);
    key.writeBigUInt64BE(next);
    void this.aside.put(key, Buffer.concat([session, bytes]));
  }

  /** Takes a key off a list, unless its record stands there again. */
  tidy(table: Table, key: Buffer): void {
    if (!this.isListed(table, key, this.#listing(sessionOf(key)))) void table.remove(key);
  }

  /** Whether a key of a list is one by which a session's listing names the session. */
  isListed(table: Table, key: Buffer, listing: Listing | undefined): boolean {
    return this.#keys(sessionOf(key), listing).some(
      ([named, own]) => named === table && own.equals(key),
    );
  }

  /** The lists that name the session of a listing, and the key in each. */
  #keys(session: Buffer, listing: Listing | undefined): [Table, Buffer][] {
    if (listing === undefined) return [];
    const { expiry, owner } = listing;
    const due: [Table, Buffer] = [this.due, Buffer.concat([expiry, session])];
    if (owner === undefined) return [due];
    return [due, [this.owned, Buffer.concat([owner, expiry, session])]];
  }

  #listing(session: Buffer): Listing | undefined {
    const bytes = this.records.getBinaryFast(session);
    return bytes === undefined ? undefined : listingOf(bytes);
  }

  #unlist(session: Buffer, listing: Listing | undefined): void {
    for (const [table, key] of this.#keys(session, listing)) void table.remove(key);
  }
}

/** The keys of a range, or the first of them. */
export function keysIn(table: Table, { start, end }: Range, limit?: number): Buffer[] {
  const options = {
    end,
    // LMDB takes no empty key; without a start it begins with the first one.
    ...(start.length > 0 && { start }),
    ...(limit !== undefined && { limit }),
  };
  return Array.from(table.getKeys(options), (key) => Buffer.from(key));
}

/** The session that a key of a list ends with. */
export function sessionOf(key: Buffer): Buffer {
  return key.subarray(key.length - PRINT);
}
