import { deserialize, serialize } from 'node:v8';
import { ActorsError } from '../../base/errors.ts';
import { RECORD_FORMAT, type SessionRecord } from '../record.ts';
import { fingerprint, NUMBER, PRINT, sortable } from './keys.ts';
import { seal, unseal } from './sealed.ts';

/** The version of the serialisation of this release of node. */
export const [, WIRE = 0] = serialize(null);

// After the checksum: the format, whether there is a principal, and what the lists are keyed with,
// so that a record leaves them without being read.
const FORMAT = 4;
const OWNED = FORMAT + 1;
const EXPIRY = OWNED + 1;
const OWNER = EXPIRY + NUMBER;
const BODY = OWNER + PRINT;

/** Where a record stands in the lists. */
export interface Listing {
  /** Sortable. */
  readonly expiry: Buffer;
  /** The fingerprint of its principal. */
  readonly owner: Buffer | undefined;
}

/** A record of an older format, as it was stored, made one of the present format. */
export type Migrate = (fields: Readonly<Record<string, unknown>>, format: number) => SessionRecord;

/** @throws Error when a value can not be cloned */
export function encodeRecord(record: SessionRecord, format = RECORD_FORMAT): Buffer {
  const { principal } = record;
  return seal(
    Uint8Array.of(format, principal === undefined ? 0 : 1),
    sortable(record.expiresAt),
    principal === undefined ? Buffer.alloc(PRINT) : fingerprint(principal),
    // A class instance becomes the plain object it is to everyone who reads it.
    serialize({ ...record }),
  );
}

/** Read without a check: where the bytes are damaged it names a place where nothing stands. */
export function listingOf(bytes: Buffer): Listing | undefined {
  if (bytes.length < BODY) return undefined;
  return {
    expiry: Buffer.from(bytes.subarray(EXPIRY, OWNER)),
    owner: bytes[OWNED] === 1 ? Buffer.from(bytes.subarray(OWNER, BODY)) : undefined,
  };
}

/**
 * @throws ActorsError `store-unavailable` when a newer release wrote it
 * @throws Error when nothing can be made of it
 */
export function decodeRecord(bytes: Buffer, migrate: Migrate | undefined): SessionRecord {
  unseal(bytes);
  const format = bytes[FORMAT] ?? 0;
  const body = bytes.subarray(BODY);
  if (format > RECORD_FORMAT || (body[1] ?? 0) > WIRE) {
    throw new ActorsError('store-unavailable', 'A newer release wrote this record');
  }
  // What was sealed is what was encoded here.
  const fields = deserialize(body) as SessionRecord & Record<string, unknown>;
  if (format === RECORD_FORMAT) return fields;
  if (migrate === undefined) throw new Error(`Nothing reads records of format ${format}`);
  return migrate(fields, format);
}
