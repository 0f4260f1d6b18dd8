/** A holder may take one part in so many of the half that is kept from the greedy. */
const SHARES = 8;

/**
 * Bounds the bytes that many holders hold together. Half is there for whoever comes first; the rest
 * only for holders that have less than their share, so that no holder takes all of it.
 *
 * @template H names a holder
 */
export class ByteBudget<H> {
  readonly #max: number;
  readonly #held = new Map<H, number>();
  #total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts bytes of a holder; `false` where there is no room for them. */
  take(holder: H, bytes: number): boolean {
    const total = this.#total + bytes;
    const own = this.#held.get(holder) ?? 0;
    if (total > this.#max / 2) {
      // What is alone is taken, or nobody could ever send it.
      if (total > this.#max && this.#total > 0) return false;
      if (own > 0 && own + bytes > this.#max / SHARES) return false;
    }
    this.#total = total;
    this.#held.set(holder, own + bytes);
    return true;
  }

  /** Counts bytes of a holder, whether or not there is room for them. */
  add(holder: H, bytes: number): void {
    this.#total += bytes;
    this.#held.set(holder, (this.#held.get(holder) ?? 0) + bytes);
  }

  give(holder: H, bytes: number): void {
    const own = (this.#held.get(holder) ?? 0) - bytes;
    this.#total -= bytes;
    if (own > 0) this.#held.set(holder, own);
    else this.#held.delete(holder);
  }
}
