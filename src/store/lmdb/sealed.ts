import { crc32 } from 'node:zlib';

const SUM = 4;

/** Puts a checksum before some bytes. */
export function seal(...parts: readonly Uint8Array[]): Buffer {
  const sealed = Buffer.concat([Buffer.alloc(SUM), ...parts]);
  sealed.writeUInt32BE(crc32(sealed.subarray(SUM)));
  return sealed;
}

/**
 * What was sealed.
 * @throws Error when it is not what it was
 */
export function unseal(sealed: Buffer): Buffer {
  const bytes = sealed.subarray(SUM);
  if (sealed.length < SUM || crc32(bytes) !== sealed.readUInt32BE()) {
    throw new Error('The checksum is wrong');
  }
  return bytes;
}
