/** Bytes of a number in a key. */
export const NUMBER = 8;

const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;

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
