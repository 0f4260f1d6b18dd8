/** How many round trips are known: the last ones. */
const KNOWN = 512;

/** How long the last questions were on their way, in milliseconds: as many as fit, and no more. */
export class RoundTrips {
  readonly #last = new Float64Array(KNOWN);
  #count = 0;

  /** How many there were, those that are not known any more as well. */
  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    this.#last[this.#count % KNOWN] = ms;
    this.#count++;
  }

  /** How long a share of the last ones took at most; `undefined` before the first. @param share 0 to 1 */
  within(share: number): number | undefined {
    const known = this.#last.slice(0, Math.min(this.#count, KNOWN)).toSorted();
    return known[Math.max(Math.ceil(known.length * share) - 1, 0)];
  }
}
