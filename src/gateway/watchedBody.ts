const NEWLINE = 0x0a;
const RETURN = 0x0d;

export interface WatchedBodyOptions {
  /** Longest event of an event stream, or longest body of any other type, in bytes. */
  readonly maxBytes: number;
  /** Waited for before each further read of the body. */
  readonly pace: () => Promise<void> | undefined;
  /** Told when no more bytes will come. */
  readonly onEnd: () => void;
  /** Ends the body before its time. */
  readonly signal: AbortSignal;
}

/** A response's body, read no faster than its reader takes it and no further than a limit. */
export function watchedBody(
  body: ReadableStream<Uint8Array>,
  { maxBytes, pace, onEnd, signal }: WatchedBodyOptions,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  let isLineEmpty = false;
  /** Counts the bytes since the last empty line: those of the event that is not complete yet. */
  const measure = (chunk: Uint8Array): void => {
    for (const byte of chunk) {
      bytes++;
      if (byte === NEWLINE) {
        if (isLineEmpty) bytes = 0;
        isLineEmpty = true;
      } else if (byte !== RETURN) isLineEmpty = false;
    }
  };
  let isOver = false;
  const over = (): boolean => !isOver && (isOver = true);
  const cancel = (reason?: unknown): void => {
    // A body that is thrown away may fail: its error is of no use.
    reader.cancel(reason).catch(() => {});
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const hangUp = (): void => {
        if (!over()) return;
        cancel();
        controller.close();
      };
      signal.addEventListener('abort', hangUp, { once: true });
    },
    async pull(controller) {
      try {
        await pace();
        const { done, value } = await reader.read();
        if (isOver) return;
        if (!done) measure(value);
        if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
        if (!done) return controller.enqueue(value);
        isOver = true;
        controller.close();
      } catch (error) {
        if (!over()) return;
        cancel();
        controller.error(error);
      }
      onEnd();
    },
    cancel(reason) {
      isOver = true;
      cancel(reason);
    },
  });
}
