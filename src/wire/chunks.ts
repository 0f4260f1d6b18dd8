const encoder = new TextEncoder();

/** Largest chunk: what a reader has taken is known to this many bytes. */
export const CHUNK_BYTES = 64 * 1024;

/** Texts up to this many characters are written as they are: most answers, most events. */
export const SHORT_TEXT = 16 * 1024;

/**
 * A text as UTF-8, in chunks that share no memory: a chunk that was taken is free, whatever becomes
 * of the rest. A string that waits to be written costs up to four times its length.
 */
export function chunksOf(text: string): Uint8Array[] {
  const chunks = [];
  let rest = text;
  while (rest.length * 3 > CHUNK_BYTES) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const { read, written } = encoder.encodeInto(rest, chunk);
    // A character that did not fit begins the next chunk.
    chunks.push(written === CHUNK_BYTES ? chunk : chunk.slice(0, written));
    rest = rest.slice(read);
  }
  if (rest !== '') chunks.push(encoder.encode(rest));
  return chunks;
}

/** How many bytes some chunks have. */
export function bytesIn(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
