import { crc32 } from 'node:zlib';

const SUM = 4;

/** Joins some bytes and puts a checksum before them. */
export function seal(...parts: readonly Uint8Array[]): Buffer {
  const sealed = Buffer.concat([Buffer.alloc(SUM), ...parts]);
  sealed.writeUInt32BE(crc32(sealed.subarray(SUM)));
  return sealed;
}

/** The bytes that were sealed. @throws Error when they have changed since */
export function unseal(sealed: Buffer): Buffer {
  const bytes = sealed.subarray(SUM);
  if (sealed.length < SUM || crc32(bytes) !== sealed.readUInt32BE()) {
    throw new Error('The checksum is wrong');
  }
  return bytes;
}
