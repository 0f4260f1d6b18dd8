/** A process that ends sooner after it has begun to serve is replaced later each time. */
const SOON_MS = 10_000;
/** How much later, in milliseconds, by how many such ends there were in a row. */
const BACK_OFFS_MS = [0, 100, 200, 400, 800, 1600, 5000] as const;
/** How many processes in a row may end before they serve. */
const MAX_FAILED_STARTS = 5;

/** How a process has ended. */
export interface EndedWorker {
  /** The number of the process: one that replaces another has the same. */
  readonly index: number;
  /** How long the process has served, in milliseconds; `undefined`: it has not come to that. */
  readonly servedMs: number | undefined;
}

/** When a process that has ended is replaced, and when no more is. */
export class Restarts {
  readonly #ends = new Map<number, number>();
  #failedStarts = 0;
  #hasServed = false;

  /** A process serves. */
  served(): void {
    this.#hasServed = true;
    this.#failedStarts = 0;
  }

  /**
   * A process has ended, and nobody has asked for that.
   *
   * @returns after how many milliseconds the next one begins; `undefined`: none does. That is so where
   * five in a row have ended before they served, and at once where none has ever served.
   */
  ended({ index, servedMs }: EndedWorker): number | undefined {
    if (servedMs === undefined) {
      this.#failedStarts++;
      if (!this.#hasServed || this.#failedStarts >= MAX_FAILED_STARTS) return undefined;
    }
    const isSoon = servedMs === undefined || servedMs < SOON_MS;
    const ends = isSoon ? (this.#ends.get(index) ?? 0) + 1 : 0;
    this.#ends.set(index, ends);
    // The first one is replaced at once.
    return BACK_OFFS_MS[Math.min(Math.max(ends - 1, 0), BACK_OFFS_MS.length - 1)]!;
  }
}
