const NEWLINE = Buffer.from('\n');
/** Size of a new buffer for lines; after a long line the buffer goes back to this size. */
const USUAL_BYTES = 16 * 1024;
/** Bytes kept of both ends of a line that is too long: enough to find the request it answers. */
const END_BYTES = 1024;

const NOTHING = Buffer.alloc(0);

/** A line over the limit, of which only the ends are kept. */
export class LongLine {
  readonly head: string;
  /** Length of the line so far. */
  bytes: number;
  /** The reader yields this line for the first time. */
  isNew = true;
  /** The reader yields this line for the last time: the end of the line has come. */
  isOver = false;
  readonly #tail = Buffer.alloc(END_BYTES);

  /** @param begun the parts of the line before `part` */
  constructor(begun: Buffer, part: Buffer) {
    this.head = Buffer.concat([begun.subarray(0, END_BYTES), part.subarray(0, END_BYTES)])
      .subarray(0, END_BYTES)
      .toString('utf8');
    this.bytes = begun.length;
    begun.subarray(-END_BYTES).copy(this.#tail, END_BYTES - Math.min(begun.length, END_BYTES));
    this.grow(part);
  }

  get tail(): string {
    return this.#tail.subarray(-Math.min(this.bytes, END_BYTES)).toString('utf8');
  }

  grow(part: Buffer): void {
    const end = part.subarray(-END_BYTES);
    this.#tail.copyWithin(0, end.length);
    end.copy(this.#tail, END_BYTES - end.length);
    this.bytes += part.length;
  }
}

/**
 * Cuts bytes into lines of text, whatever the chunks they come in: a line, and a character, may
 * begin in one chunk and end in another. Holds no more than one line of the longest allowed.
 */
export class LineReader {
  readonly #maxBytes: number;
  #held: Buffer = NOTHING;
  #length = 0;
  #long: LongLine | null = null;
  #isFirst = true;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The lines that end in a chunk, without empty ones. A line over the limit is yielded as soon as
   * it is over, and again with each chunk it goes on in: the same object, one part longer.
   */
  *take(chunk: Buffer): Generator<string | LongLine> {
    for (let start = 0; start < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, newline < 0 ? chunk.length : newline);
      if (this.#length + part.length > this.#maxBytes || this.#long !== null) {
        yield this.#longer(part, newline >= 0);
      } else if (newline < 0) this.#hold(part);
      else {
        const line = this.#line(part);
        if (line !== '') yield line;
      }
      if (newline < 0) return;
      start = newline + 1;
    }
  }

  /** The last line, where the bytes end without a newline. */
  end(): Generator<string | LongLine> {
    return this.take(NEWLINE);
  }

  #longer(part: Buffer, isOver: boolean): LongLine {
    let long = this.#long;
    if (long === null) {
      long = new LongLine(this.#held.subarray(0, this.#length), part);
      this.#forget();
    } else {
      long.isNew = false;
      long.grow(part);
    }
    long.isOver = isOver;
    this.#long = isOver ? null : long;
    return long;
  }

  /** The text of the line that ends with a part. */
  #line(part: Buffer): string {
    // Most lines come whole and need not be copied.
    if (this.#length > 0) this.#hold(part);
    const line = this.#length > 0 ? this.#held.subarray(0, this.#length) : part;
    const text = line.toString('utf8');
    this.#forget();
    // Some programs put a byte order mark before the first thing they write (row W10).
    const start = this.#isFirst && text.startsWith('\uFEFF') ? 1 : 0;
    this.#isFirst = false;
    return text.slice(start, text.endsWith('\r') ? -1 : undefined);
  }

  /** Copies a part, so that a line of one-byte chunks costs its bytes and not a buffer for each. */
  #hold(part: Buffer): void {
    const length = this.#length + part.length;
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(Math.max(length, USUAL_BYTES, this.#held.length * 4), this.#maxBytes),
      );
      this.#held.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    part.copy(this.#held, this.#length);
    this.#length = length;
  }

  #forget(): void {
    this.#length = 0;
    if (this.#held.length > USUAL_BYTES) this.#held = NOTHING;
  }
}
