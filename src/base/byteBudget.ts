/** A holder may take one part in so many of the half that is kept from the greedy. */
const SHARES = 8;

/** Most holders that are known while they hold nothing: to forget one with each call costs more. */
const MAX_IDLE = 64;

/**
 * Bounds the bytes that many holders hold together. Half is there for whoever comes first; the rest
 * only for holders that have less than their share, so that no holder takes all of it.
 *
 * @template H names a holder
 */
export class ByteBudget<H> {
  readonly #max: number;
  readonly #held = new Map<H, number>();
  /** How many holders have nothing, and are still known. */
  #idle = 0;
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
    this.#set(holder, own, own + bytes);
    return true;
  }

  /** Counts bytes of a holder, whether or not there is room for them. */
  add(holder: H, bytes: number): void {
    const own = this.#held.get(holder) ?? 0;
    this.#total += bytes;
    this.#set(holder, own, own + bytes);
  }

  /** How many holders are known, those with nothing among them. */
  get known(): number {
    return this.#held.size;
  }

  give(holder: H, bytes: number): void {
    const own = this.#held.get(holder) ?? 0;
    this.#total -= bytes;
    this.#set(holder, own, Math.max(own - bytes, 0));
    if (this.#idle > MAX_IDLE) this.#forget();
  }

  #set(holder: H, before: number, bytes: number): void {
    if (before === 0 && bytes > 0 && this.#held.has(holder)) this.#idle--;
    else if (before > 0 && bytes === 0) this.#idle++;
    if (before !== bytes) this.#held.set(holder, bytes);
  }

  #forget(): void {
    for (const [holder, bytes] of this.#held) if (bytes === 0) this.#held.delete(holder);
    this.#idle = 0;
  }
}
