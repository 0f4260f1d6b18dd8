import type { Clock } from '../../base/clock.ts';
import type { EndLine, HeaderLine, RecordingLine } from './line.ts';

/** Where the text of a recording goes. Each call is made when the last one is done. */
export interface Sink {
  /** Takes whole lines. */
  write(text: string): void | Promise<void>;
  /** Puts the text written so far aside; the next text begins a new file. */
  rotate?(): Promise<void>;
  close?(): Promise<void>;
}

export interface WriterOptions {
  readonly sink: Sink;
  /** Bytes of one file. */
  readonly maxBytes: number;
  readonly rotates: boolean;
  /** Bytes of lines that wait to be written. */
  readonly maxPendingBytes: number;
  readonly clock: Clock;
  /** Makes the first line of each file. */
  readonly header: () => HeaderLine;
  /** Another file begins with a line. @returns what stands before the line */
  readonly onRotate?: (line: RecordingLine) => RecordingLine | undefined;
  /** Told when the recording ends by itself. */
  readonly onOver: (how: 'full' | { error: unknown }) => void;
}

/** Stands between two pending lines: the sink rotates there. */
const ROTATE = Symbol('rotate');

/** Bytes of a file kept free for its last lines. */
const END_BYTES = 256;

/**
 * Takes lines of a recording without waiting and writes them one chunk at a time. Lines that a slow
 * sink can not take in time are dropped and counted, and a line says where they are missing.
 */
export class Writer {
  readonly #options: WriterOptions;
  #pending: (string | typeof ROTATE)[] = [];
  #pendingBytes = 0;
  #running: Promise<void> | null = null;
  #isOver = false;
  /** Lines dropped since the last line that was taken. */
  #gap = 0;
  #fileLines = 0;
  #fileBytes = 0;
  lines = 0;
  bytes = 0;
  dropped = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#push(options.header());
  }

  /** Takes a line. `false`: the line is dropped. */
  add(line: RecordingLine): boolean {
    if (this.#isOver) return false;
    const text = textOf(line);
    const { maxBytes, maxPendingBytes, rotates, header, onOver, onRotate } = this.#options;
    if (this.#pendingBytes + text.length > maxPendingBytes) {
      this.dropped++;
      this.#gap++;
      return false;
    }
    if (this.#fileBytes + text.length + END_BYTES > maxBytes) {
      if (!rotates) {
        // The first line that does not fit is dropped.
        this.dropped++;
        this.#finish('full');
        onOver('full');
        return false;
      }
      this.#pushEnd('rotated');
      this.#pending.push(ROTATE);
      this.#fileBytes = 0;
      this.#fileLines = 0;
      this.#push(header());
      const first = onRotate?.(line);
      if (first !== undefined) this.#push(first);
    }
    this.#sayGap();
    this.#take(text);
    return true;
  }

  /** Takes no more lines. Resolves when every line taken is written, or can not be. */
  async close(): Promise<void> {
    if (!this.#isOver) this.#finish('closed');
    await this.#running;
    try {
      await this.#options.sink.close?.();
    } catch (error) {
      this.#options.onOver({ error });
    }
  }

  #finish(why: EndLine['why']): void {
    this.#sayGap();
    this.#pushEnd(why);
    this.#isOver = true;
  }

  #sayGap(): void {
    if (this.#gap === 0) return;
    this.#push({ type: 'dropped', at: this.#options.clock.now(), lines: this.#gap });
    this.#gap = 0;
  }

  #pushEnd(why: EndLine['why']): void {
    const at = this.#options.clock.now();
    this.#push({ type: 'end', at, why, lines: this.#fileLines, dropped: this.dropped });
  }

  #push(line: RecordingLine): void {
    this.#take(textOf(line));
  }

  #take(text: string): void {
    this.#pending.push(text);
    this.#pendingBytes += text.length;
    this.#fileBytes += text.length;
    this.#fileLines++;
    this.lines++;
    this.bytes += text.length;
    // The caller that adds a line goes on before the line is written.
    this.#running ??= Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const next = this.#pending.indexOf(ROTATE);
        const chunk = this.#pending.splice(0, next < 0 ? Infinity : next).join('');
        if (chunk === '') {
          this.#pending.shift();
          await this.#options.sink.rotate?.();
          continue;
        }
        await this.#options.sink.write(chunk);
        this.#pendingBytes -= chunk.length;
      }
    } catch (error) {
      this.#isOver = true;
      this.#pending = [];
      this.#options.onOver({ error });
    } finally {
      this.#running = null;
    }
  }
}

/** The text of a line: ASCII but for the application's names, so its length is about its bytes. */
function textOf(line: RecordingLine): string {
  return `${JSON.stringify(line)}\n`;
}
