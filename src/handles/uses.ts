import type { Awaitable } from '../base/awaitable.ts';

/** One use of a handle: waits for its turn, then runs until it is done or the handle is over. */
class Turn {
  #error: Error | undefined;
  #reject!: (error: Error) => void;
  start!: () => void;
  readonly started = new Promise<void>((resolve, reject) => {
    this.start = resolve;
    this.#reject = reject;
  });

  get isOver(): boolean {
    return this.#error !== undefined;
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.#reject(error);
  }

  /** Rejects when the handle is over while the use runs. */
  over(): Promise<never> {
    return new Promise((_, reject) => {
      this.#reject = reject;
      if (this.#error !== undefined) reject(this.#error);
    });
  }
}

/** The uses of one handle: so many at once, the others in order of arrival. */
export class Uses {
  readonly #waiting = new Set<Turn>();
  readonly #running = new Set<Turn>();
  readonly #pump: (isDone: boolean) => void;
  readonly #late: (error: unknown) => void;

  /**
   * @param pump told that a use waits, or is done
   * @param late told of what a use threw when its caller had heard that the handle is over
   */
  constructor(pump: (isDone: boolean) => void, late: (error: unknown) => void) {
    this.#pump = pump;
    this.#late = late;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  /**
   * Runs a callback when its turn comes, in the caller's own context.
   *
   * @throws whatever the callback throws, the reason of an abort, why the handle is over
   */
  async run<R>(use: () => Awaitable<R>, signal: AbortSignal | undefined): Promise<R> {
    signal?.throwIfAborted();
    const turn = new Turn();
    const leave = (): void => {
      if (this.#waiting.delete(turn)) turn.fail(reasonOf(signal!));
    };
    signal?.addEventListener('abort', leave, { once: true });
    this.#waiting.add(turn);
    try {
      this.#pump(false);
      await turn.started;
      const over = turn.over();
      const used = startUse(use);
      used.catch((error: unknown) => {
        if (turn.isOver) this.#late(error);
      });
      return await Promise.race([over, used]);
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#waiting.delete(turn);
      if (this.#running.delete(turn)) this.#pump(true);
    }
  }

  /** Starts those whose turn it is. */
  start(concurrency: number): void {
    for (const turn of this.#waiting) {
      if (this.#running.size >= concurrency) return;
      this.#waiting.delete(turn);
      this.#running.add(turn);
      turn.start();
    }
  }

  /** Those that wait hear why they never will have their turn. */
  refuse(error: Error): void {
    for (const turn of this.#waiting) turn.fail(error);
    this.#waiting.clear();
  }

  /** So do those that run: their callers wait no longer. */
  cut(error: Error): void {
    this.refuse(error);
    for (const turn of this.#running) turn.fail(error);
  }
}

/** Callbacks that throw reject, as those that return a promise do. */
async function startUse<R>(use: () => Awaitable<R>): Promise<R> {
  return use();
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
