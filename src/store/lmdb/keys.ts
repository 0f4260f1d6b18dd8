import { createHash } from 'node:crypto';

/** Bytes of a fingerprint. */
export const PRINT = 16;
/** Bytes of a number in a key. */
export const NUMBER = 8;

const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;

/**
 * Stands for an id or a principal in keys, which have a length limit that ids and principals have
 * not. 128 bits of SHA-256: two texts are alike by chance among 2^64.
 */
export function fingerprint(text: string): Buffer {
  // Not UTF-8, which encodes every lone surrogate alike.
  return createHash('sha256').update(text, 'utf16le').digest().subarray(0, PRINT);
}

/** A number as bytes whose order is the order of the numbers, infinite ones too. */
export function sortable(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER);
  bytes.writeDoubleBE(number === 0 ? 0 : number);
  const bits = bytes.readBigUInt64BE();
  bytes.writeBigUInt64BE(bits & SIGN ? bits ^ ALL : bits ^ SIGN);
  return bytes;
}

/** The number that {@link sortable} made these bytes of. */
export function numberOf(bytes: Buffer): number {
  const bits = bytes.readBigUInt64BE();
  const copy = Buffer.allocUnsafe(NUMBER);
  copy.writeBigUInt64BE(bits & SIGN ? bits ^ SIGN : bits ^ ALL);
  return copy.readDoubleBE();
}

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
