/** The shortest time that a rate is about, in milliseconds. */
const MINUTE_MS = 60_000;

/**
 * Holds a number of calls to so many a minute: a full minute's worth may come at once, and what was
 * taken comes back evenly. One number is all it keeps: when the last of the calls will be paid off.
 */
export class CallRate {
  readonly #perCallMs: number;
  #paidAt = -Infinity;

  /** @param perMinute an integer > 0, or `Infinity` */
  constructor(perMinute: number) {
    this.#perCallMs = MINUTE_MS / perMinute;
  }

  /** Takes one call. @returns 0, or how long to wait, in milliseconds, where there is none left */
  take(now: number): number {
    const paidAt = Math.max(this.#paidAt, now) + this.#perCallMs;
    const early = paidAt - now - MINUTE_MS;
    // What floating-point numbers add up to is not exact.
    if (early > 1e-6) return early;
    this.#paidAt = paidAt;
    return 0;
  }

  /** Nothing is owed: another rate, made anew, would say the same. */
  isFull(now: number): boolean {
    return this.#paidAt <= now;
  }
}
