const NEWLINE = 0x0a;
/** What a buffer for lines starts with, and goes back to after a long one. */
const USUAL_BYTES = 64 * 1024;

/** Stands for a line over the limit: said as soon as it is, the rest of the line is skipped. */
export const TOO_LONG = Symbol('a line over the limit');

/**
 * Stands for a line that goes on and on. What is skipped is garbage, and garbage is memory until it
 * is collected: so whoever sends more of it than this is not worth reading any further.
 */
export const ENDLESS = Symbol('a line over four times the limit');
const ENDLESS_TIMES = 4;

/**
 * Cuts bytes into lines of text, whatever the chunks they come in: a line, and a character, may
 * begin in one and end in another. Holds no more than one line of the longest allowed.
 */
export class LineReader {
  readonly #maxBytes: number;
  #held = Buffer.allocUnsafe(USUAL_BYTES);
  #length = 0;
  /** Bytes so far of the line that is being skipped, 0 while none is. */
  #skipped = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk. Empty ones are left out. */
  *take(chunk: Buffer): Generator<string | typeof TOO_LONG | typeof ENDLESS> {
    for (let start = 0; start < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, newline < 0 ? chunk.length : newline);
      const length = this.#skipped + this.#length + part.length;
      if (length > this.#maxBytes) {
        if (this.#skipped === 0) yield TOO_LONG;
        this.#forget();
        if (length > this.#maxBytes * ENDLESS_TIMES) yield ENDLESS;
        this.#skipped = newline < 0 ? length : 0;
      } else if (newline < 0) this.#hold(part);
      else {
        const line = this.#line(part);
        if (line !== '') yield line;
      }
      if (newline < 0) return;
      start = newline + 1;
    }
  }

  /** The line that ends with this part. */
  #line(part: Buffer): string {
    if (this.#length > 0) this.#hold(part);
    const line = this.#length > 0 ? this.#held.subarray(0, this.#length) : part;
    const text = line.toString('utf8');
    this.#forget();
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }

  /** Copies, so that a line of one-byte chunks costs its bytes and not a buffer for each. */
  #hold(part: Buffer): void {
    const length = this.#length + part.length;
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(Math.max(length, this.#held.length * 4), this.#maxBytes),
      );
      this.#held.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    part.copy(this.#held, this.#length);
    this.#length = length;
  }

  #forget(): void {
    this.#length = 0;
    if (this.#held.length > USUAL_BYTES) this.#held = Buffer.allocUnsafe(USUAL_BYTES);
  }
}
