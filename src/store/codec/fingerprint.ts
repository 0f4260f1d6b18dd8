import { createHash } from 'node:crypto';

/** Bytes of a fingerprint. */
export const PRINT = 16;

/**
 * Stands for an id or a principal in keys, which have a length limit that ids and principals have
 * not. 128 bits of SHA-256: two texts are alike by chance among 2^64.
 */
export function fingerprint(text: string): Buffer {
  // Not UTF-8, which encodes every lone surrogate alike.
  return createHash('sha256').update(text, 'utf16le').digest().subarray(0, PRINT);
}
