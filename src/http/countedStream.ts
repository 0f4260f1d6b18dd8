/**
 * A web stream that counts what was written to it and not yet read: in bytes, or in characters
 * where it carries text.
 */
export class CountedStream<T extends string | Uint8Array> {
  readonly readable: ReadableStream<T>;
  #controller!: ReadableStreamDefaultController<T>;
  #isOver = false;
  /** Callbacks of `drained` that wait for the reader to take what was written. */
  #waiting: (() => void)[] = [];

  /** @param onCancel called when the reader cancels the stream */
  constructor(onCancel?: () => void) {
    this.readable = new ReadableStream<T>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#flush(),
        cancel: () => {
          this.release();
          onCancel?.();
        },
      },
      // The mark is 0, so what is beyond it is what the reader has not taken.
      { highWaterMark: 0, size: (chunk) => chunk?.length ?? 0 },
    );
  }

  get unread(): number {
    return 0 - (this.#controller.desiredSize ?? 0);
  }

  /** Resolves when the reader asks for more than was written, or when the stream is over. */
  drained(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  write(chunk: T): void {
    if (!this.#isOver) this.#controller.enqueue(chunk);
  }

  /** Closes the stream behind what was written. */
  end(): void {
    if (!this.#isOver) this.#controller.close();
    this.release();
  }

  /** Fails the stream: what was written and not read is dropped. */
  cut(): void {
    if (!this.#isOver) this.#controller.error(new Error('cut'));
    this.release();
  }

  /** Marks the stream as over because its reader is gone, and resolves every `drained`. */
  release(): void {
    this.#isOver = true;
    this.#flush();
  }

  #flush(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
