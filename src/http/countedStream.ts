/**
 * A web stream that counts what was written to it and not yet read: in bytes, or in characters
 * where it carries text. The chunks stay here until the reader asks for them.
 */
export class CountedStream<T extends string | Uint8Array> {
  readonly readable: ReadableStream<T>;
  readonly #onOver: (() => void) | undefined;
  #controller!: ReadableStreamDefaultController<T>;
  /** What the reader has not taken, oldest first. */
  #chunks: T[] = [];
  #unread = 0;
  /** The reader waits for a chunk. */
  #isAwaited = false;
  #isEnding = false;
  #isOver = false;
  /** Callbacks of `drained` that wait for the reader to take what was written. */
  #waiting: (() => void)[] = [];

  /** @param onOver called once: all was taken and the stream is closed, or it was cut or cancelled */
  constructor(onOver?: () => void) {
    this.#onOver = onOver;
    this.readable = new ReadableStream<T>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#give(),
        cancel: () => this.#finish(),
      },
      // The stream itself holds nothing: what a reader has not asked for is still ours to drop.
      { highWaterMark: 0 },
    );
  }

  get unread(): number {
    return this.#unread;
  }

  /** Resolves when the reader has taken what was written, or nothing more can be written. */
  drained(): Promise<void> {
    if (this.#isEnding || this.#unread === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  write(chunk: T): void {
    if (this.#isEnding) return;
    this.#chunks.push(chunk);
    this.#unread += chunk.length;
    if (this.#isAwaited) this.#give();
  }

  /** Closes the stream behind what was written. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#flush();
    if (this.#chunks.length === 0) this.#close();
  }

  /** Fails the stream: what was written and not read is dropped. */
  cut(): void {
    if (this.#isOver) return;
    this.#controller.error(new Error('cut'));
    this.#finish();
  }

  /** Closes the stream and drops what was not read: there is nobody left to tell. */
  drop(): void {
    this.#close();
  }

  /** Gives the reader the next chunk, now or as soon as one is written. */
  #give(): void {
    const chunk = this.#chunks.shift();
    this.#isAwaited = chunk === undefined;
    if (chunk !== undefined) {
      this.#unread -= chunk.length;
      this.#controller.enqueue(chunk);
    }
    if (this.#chunks.length > 0) return;
    this.#flush();
    if (this.#isEnding) this.#close();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#controller.close();
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isEnding = true;
    this.#isOver = true;
    this.#chunks = [];
    this.#unread = 0;
    this.#flush();
    this.#onOver?.();
  }

  #flush(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
