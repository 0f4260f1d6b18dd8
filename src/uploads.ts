import type { RequestId } from './wire/jsonrpc.ts';

/**
 * The POSTs of one session whose head is here and whose body is still on its way, and the cancels
 * that overtook one of them: a client may cancel on another connection before its request has
 * arrived whole (row C2).
 */
export class Uploads {
  readonly #max: number;
  /** Numbers of those on their way, oldest first. */
  readonly #open = new Set<number>();
  #count = 0;
  #early: { readonly id: RequestId; readonly upTo: number }[] = [];

  /** @param max cancels kept at once */
  constructor(max: number) {
    this.#max = max;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** A head arrived. */
  begin(): number {
    this.#open.add(++this.#count);
    return this.#count;
  }

  /** The body arrived, or never will. */
  end(number: number): void {
    this.#open.delete(number);
    if (this.#early.length === 0) return;
    const [oldest = Infinity] = this.#open;
    this.#early = this.#early.filter(({ upTo }) => upTo >= oldest);
  }

  /**
   * Keeps a cancel of a request nobody has seen; `false` when none can be on its way.
   *
   * @param own the POST the cancel itself came in
   */
  hold(id: RequestId, own: number | undefined): boolean {
    const others = this.#open.size - Number(own !== undefined && this.#open.has(own));
    if (others === 0 || this.#early.length >= this.#max) return false;
    this.#early.push({ id, upTo: this.#count });
    return true;
  }

  /** Whether a request that has now arrived was cancelled on its way. */
  wasCancelled(id: RequestId, number: number): boolean {
    const index = this.#early.findIndex((early) => early.id === id && number <= early.upTo);
    if (index < 0) return false;
    this.#early.splice(index, 1);
    return true;
  }
}
