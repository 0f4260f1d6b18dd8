import type { StoreTime } from '../store.ts';
import { seal, unseal } from './sealed.ts';

const NUMBER = 8;

/** The sealed bytes of a time. */
export function encodeTime({ at, behindMs }: StoreTime): Buffer {
  const bytes = Buffer.alloc(2 * NUMBER);
  bytes.writeDoubleBE(at);
  bytes.writeDoubleBE(behindMs, NUMBER);
  return seal(bytes);
}

/** The time that sealed bytes hold; `undefined` where they are damaged: no clock is better known. */
export function decodeTime(sealed: Buffer | undefined): StoreTime | undefined {
  if (sealed === undefined) return undefined;
  try {
    const bytes = unseal(sealed);
    return { at: bytes.readDoubleBE(), behindMs: bytes.readDoubleBE(NUMBER) };
  } catch {
    return undefined;
  }
}
