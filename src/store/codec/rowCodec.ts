import { deserialize, serialize } from 'node:v8';
import { seal, unseal } from './sealed.ts';

/** The sealed bytes of a row. */
export function encodeRow(row: string): Buffer {
  return seal(serialize(row));
}

/** The row that sealed bytes hold. @throws Error when the bytes have changed since */
export function decodeRow(bytes: Buffer): string {
  // The seal holds, so the bytes are what a store encoded: the text of a row.
  return deserialize(unseal(bytes)) as string;
}
