const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Bytes kept of both ends of a line that is too long: enough to find out what it was. */
const END_BYTES = 1024;

/** What a {@link LineReader} found. */
export interface LineListener {
  line(text: string): void;
  /** A line past the limit: its beginning and its end, the rest was not kept. */
  longLine(head: string, tail: string, bytes: number): void;
}

/** Cuts a stream of bytes into lines, and keeps no more of one than the limit. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #listener: LineListener;
  #parts: Buffer[] = [];
  #bytes = 0;
  #head: string | null = null;
  #tail: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number, listener: LineListener) {
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      this.end();
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  /** The line is over; at the end of a stream, also without its newline. */
  end(): void {
    const [head, bytes] = [this.#head, this.#bytes];
    const whole = head === null ? Buffer.concat(this.#parts) : this.#tail;
    this.#parts = [];
    this.#bytes = 0;
    this.#head = null;
    this.#tail = Buffer.alloc(0);
    if (head !== null) this.#listener.longLine(head, whole.toString('utf8'), bytes);
    else {
      const text = whole.at(-1) === RETURN ? whole.subarray(0, -1) : whole;
      if (text.length > 0) this.#listener.line(text.toString('utf8'));
    }
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#head === null) {
      this.#parts.push(part);
      if (this.#bytes <= this.#maxBytes) return;
      const whole = Buffer.concat(this.#parts);
      this.#parts = [];
      this.#head = whole.subarray(0, END_BYTES).toString('utf8');
      this.#tail = Buffer.from(whole.subarray(-END_BYTES));
    } else {
      this.#tail = Buffer.from(Buffer.concat([this.#tail, part]).subarray(-END_BYTES));
    }
  }
}
