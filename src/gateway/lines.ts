const NEWLINE = 0x0a;
/** What a buffer for lines starts with, and goes back to after a long one. */
const USUAL_BYTES = 16 * 1024;
/** Bytes kept of both ends of a line that is too long: enough to find out whose answer it was. */
const END_BYTES = 1024;

/** Is given what was found, in order. Empty lines are left out. */
export interface LineListener {
  line(text: string): void;
  /** A line over the limit: somebody may be waiting for it, so both its ends are known. */
  longLine(head: string, tail: string, bytes: number): void;
}

/** Cuts what a server writes into lines; holds no more of one than the limit. */
export class ServerLines {
  readonly #maxBytes: number;
  readonly #listener: LineListener;
  #held = Buffer.allocUnsafe(USUAL_BYTES);
  #length = 0;
  /** Of a line over the limit: its beginning, its end so far, its length so far. */
  #long: { readonly head: string; tail: Buffer; bytes: number } | null = null;

  constructor(maxBytes: number, listener: LineListener) {
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      start = end + 1;
      // Most lines come whole and need not be copied.
      if (this.#length === 0 && this.#long === null && part.length <= this.#maxBytes) {
        this.#found(part);
      } else {
        this.#hold(part);
        this.end();
      }
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** The line is over: at a newline, or where the stream ends without one. */
  end(): void {
    const [long, held] = [this.#long, this.#held.subarray(0, this.#length)];
    this.#long = null;
    this.#length = 0;
    if (long !== null) this.#listener.longLine(long.head, long.tail.toString('utf8'), long.bytes);
    else this.#found(held);
    if (this.#held.length > USUAL_BYTES) this.#held = Buffer.allocUnsafe(USUAL_BYTES);
  }

  #found(line: Buffer): void {
    const text = line.toString('utf8');
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (whole !== '') this.#listener.line(whole);
  }

  /** Copies, so that a line of one-byte chunks costs its bytes and not a buffer for each. */
  #hold(part: Buffer): void {
    const long = this.#long;
    const length = this.#length + part.length;
    if (long !== null) {
      long.bytes += part.length;
      long.tail = Buffer.concat([long.tail, part.subarray(-END_BYTES)]).subarray(-END_BYTES);
    } else if (length > this.#maxBytes) {
      const held = this.#held.subarray(0, this.#length);
      const head = Buffer.concat([held.subarray(0, END_BYTES), part.subarray(0, END_BYTES)]);
      const tail = Buffer.concat([held.subarray(-END_BYTES), part.subarray(-END_BYTES)]);
      this.#long = {
        head: head.subarray(0, END_BYTES).toString('utf8'),
        tail: tail.subarray(-END_BYTES),
        bytes: length,
      };
      this.#length = 0;
      this.#held = Buffer.allocUnsafe(USUAL_BYTES);
    } else {
      if (length > this.#held.length) {
        const larger = Buffer.allocUnsafe(Math.max(length, this.#held.length * 2));
        this.#held.copy(larger, 0, 0, this.#length);
        this.#held = larger;
      }
      part.copy(this.#held, this.#length);
      this.#length = length;
    }
  }
}
