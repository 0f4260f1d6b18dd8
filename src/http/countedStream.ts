/**
 * A web stream that knows how much of what was written to it nobody has taken yet: in bytes, or in
 * characters where it carries text.
 */
export class CountedStream<T extends string | Uint8Array> {
  readonly readable: ReadableStream<T>;
  #controller!: ReadableStreamDefaultController<T>;
  #isOver = false;
  /** Who waits for the reader to take what was written. */
  #waiting: (() => void)[] = [];

  /** @param onCancel told when the reader wants no more */
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
      // What is beyond the mark is what the reader has not taken.
      { highWaterMark: 0, size: (chunk) => chunk?.length ?? 0 },
    );
  }

  get unread(): number {
    return 0 - (this.#controller.desiredSize ?? 0);
  }

  /** Resolves when the reader asks for more than there is, or nothing more will be written. */
  drained(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  write(chunk: T): void {
    if (!this.#isOver) this.#controller.enqueue(chunk);
  }

  /** Ends it behind what was written. */
  end(): void {
    if (!this.#isOver) this.#controller.close();
    this.release();
  }

  /** Fails it; what was written and not taken is dropped. */
  cut(): void {
    if (!this.#isOver) this.#controller.error(new Error('cut'));
    this.release();
  }

  /** Nobody reads any more: nobody waits for it. */
  release(): void {
    this.#isOver = true;
    this.#flush();
  }

  #flush(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
