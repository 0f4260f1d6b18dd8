import { deserialize, serialize } from 'node:v8';
import { ActorsError } from '../../base/errors.ts';
import { RECORD_FORMAT, type SessionRecord } from '../record.ts';
import { fingerprint, PRINT } from './fingerprint.ts';
import { seal, unseal } from './sealed.ts';
import { NUMBER, sortable } from './sortable.ts';

/** The version of the serialisation of this release of node. */
export const [, WIRE = 0] = serialize(null);

// After the checksum: the format, whether there is a principal, and the keys of the lists, so that
// a record leaves the lists without being decoded.
const FORMAT = 4;
const OWNED = FORMAT + 1;
const EXPIRY = OWNED + 1;
const OWNER = EXPIRY + NUMBER;
const BODY = OWNER + PRINT;

/** Where a record stands in the lists of records. */
export interface Listing {
  /** All that a listing is made of: equal bytes are listed alike. */
  readonly bytes: Buffer;
  /** When the record expires, as sortable bytes. */
  readonly expiry: Buffer;
  /** The fingerprint of the record's principal. */
  readonly owner: Buffer | undefined;
}

/** Makes a record of an older format, given as it was stored, one of the present format. */
export type Migrate = (fields: Readonly<Record<string, unknown>>, format: number) => SessionRecord;

/** The sealed bytes of a record. @throws Error when a value of the record can not be cloned */
export function encodeRecord(record: SessionRecord, format = RECORD_FORMAT): Buffer {
  const { principal } = record;
  return seal(
    Uint8Array.of(format, principal === undefined ? 0 : 1),
    sortable(record.expiresAt),
    principal === undefined ? Buffer.alloc(PRINT) : fingerprint(principal),
    // An instance of a class is stored as the plain object that its readers get anyway.
    serialize({ ...record }),
  );
}

/** Where a sealed record is listed, unchecked: damaged bytes name a place of no record. */
export function listingOf(bytes: Buffer): Listing | undefined {
  if (bytes.length < BODY) return undefined;
  const all = Buffer.from(bytes.subarray(OWNED, BODY));
  const owner = all[0] === 1 ? all.subarray(OWNER - OWNED) : undefined;
  return { bytes: all, expiry: all.subarray(EXPIRY - OWNED, OWNER - OWNED), owner };
}

/**
 * The record that sealed bytes hold.
 *
 * @throws ActorsError `store-unavailable` when a newer release wrote it
 * @throws Error when nothing can be made of the bytes
 */
export function decodeRecord(bytes: Buffer, migrate: Migrate | undefined): SessionRecord {
  unseal(bytes);
  const format = bytes[FORMAT] ?? 0;
  const body = bytes.subarray(BODY);
  if (format > RECORD_FORMAT || (body[1] ?? 0) > WIRE) {
    throw new ActorsError('store-unavailable', 'A newer release wrote this record');
  }
  // The seal holds, so the bytes are what a store encoded: the fields of a record.
  const fields = deserialize(body) as SessionRecord & Record<string, unknown>;
  if (format === RECORD_FORMAT) return fields;
  if (migrate === undefined) throw new Error(`Nothing reads records of format ${format}`);
  return migrate(fields, format);
}
