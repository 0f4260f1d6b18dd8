import type { Clock } from '../../base/clock.ts';
import type { DroppedLine, EndLine, HeaderLine, RecordingLine } from './line.ts';
import type { Sink } from './sink.ts';

export interface WriterLimits {
  /** Bytes of one file. */
  readonly maxBytes: number;
  readonly rotates: boolean;
  /** Bytes of lines that wait to be written. */
  readonly maxPendingBytes: number;
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
  readonly #sink: Sink;
  readonly #limits: WriterLimits;
  readonly #clock: Clock;
  readonly #header: () => HeaderLine;
  readonly #onOver: (how: 'full' | { error: unknown }) => void;
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

  /** @param onOver told when the recording ends by itself */
  constructor(
    sink: Sink,
    limits: WriterLimits,
    clock: Clock,
    header: () => HeaderLine,
    onOver: (how: 'full' | { error: unknown }) => void,
  ) {
    this.#sink = sink;
    this.#limits = limits;
    this.#clock = clock;
    this.#header = header;
    this.#onOver = onOver;
    this.#push(header());
  }

  add(line: RecordingLine): void {
    if (this.#isOver) return;
    const text = textOf(line);
    const { maxBytes, maxPendingBytes, rotates } = this.#limits;
    if (this.#pendingBytes + text.length > maxPendingBytes) {
      this.dropped++;
      this.#gap++;
      return;
    }
    if (this.#fileBytes + text.length + END_BYTES > maxBytes) {
      if (!rotates) {
        // The first line that does not fit is dropped.
        this.dropped++;
        this.#finish('full');
        this.#onOver('full');
        return;
      }
      this.#push(this.#end('rotated'));
      this.#pending.push(ROTATE);
      this.#fileBytes = 0;
      this.#fileLines = 0;
      this.#push(this.#header());
    }
    this.#sayGap();
    this.#take(text);
  }

  /** Takes no more lines. Resolves when every line taken is written, or can not be. */
  async close(): Promise<void> {
    if (!this.#isOver) this.#finish('closed');
    await this.#running;
    try {
      await this.#sink.close?.();
    } catch (error) {
      this.#onOver({ error });
    }
  }

  #finish(why: EndLine['why']): void {
    this.#sayGap();
    this.#push(this.#end(why));
    this.#isOver = true;
  }

  #sayGap(): void {
    if (this.#gap === 0) return;
    const line: DroppedLine = { type: 'dropped', at: this.#clock.now(), lines: this.#gap };
    this.#gap = 0;
    this.#push(line);
  }

  #end(why: EndLine['why']): EndLine {
    const { dropped } = this;
    return { type: 'end', at: this.#clock.now(), why, lines: this.#fileLines, dropped };
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
          await this.#sink.rotate?.();
          continue;
        }
        await this.#sink.write(chunk);
        this.#pendingBytes -= chunk.length;
      }
    } catch (error) {
      this.#isOver = true;
      this.#pending = [];
      this.#onOver({ error });
    } finally {
      this.#running = null;
    }
  }
}

/** The text of a line: ASCII but for the application's names, so its length is about its bytes. */
function textOf(line: RecordingLine): string {
  return `${JSON.stringify(line)}\n`;
}
