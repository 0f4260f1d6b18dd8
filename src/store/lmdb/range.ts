import { PRINT } from '../codec/fingerprint.ts';
import { NUMBER } from '../codec/sortable.ts';

export interface Range {
  readonly start: Buffer;
  /** The first key behind the range, not part of it. */
  readonly end: Buffer;
}

const BEYOND = Buffer.alloc(NUMBER + PRINT + 1, 0xff);

/** The range of all keys that begin with a prefix. */
export function beginningWith(prefix: Buffer): Range {
  return { start: prefix, end: Buffer.concat([prefix, BEYOND]) };
}
