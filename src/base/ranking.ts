/**
 * Finds the first of many items by an order that changes: an indexed binary heap. Whoever changes
 * what the order looks at calls {@link Ranking.put} again; every method is O(log n), `first` O(1).
 */
export class Ranking<T extends object> {
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #heap: T[] = [];
  readonly #places = new Map<T, number>();

  /** @param isBefore whether `a` stands before `b`; of two equal items, either may be first */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  first(): T | undefined {
    return this.#heap[0];
  }

  /** Adds an item, or finds its place again after it changed. */
  put(item: T): void {
    const at = this.#places.get(item) ?? this.#heap.length;
    this.#set(item, at);
    this.#settle(item, at);
  }

  delete(item: T): void {
    const at = this.#places.get(item);
    if (at === undefined) return;
    this.#places.delete(item);
    const last = this.#heap.pop()!;
    if (last === item) return;
    this.#set(last, at);
    this.#settle(last, at);
  }

  #settle(item: T, from: number): void {
    let at = from;
    for (let above = (at - 1) >> 1; at > 0; above = (at - 1) >> 1) {
      const parent = this.#heap[above]!;
      if (!this.#isBefore(item, parent)) break;
      this.#set(parent, at);
      this.#set(item, above);
      at = above;
    }
    for (;;) {
      const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]];
      const isRight = right !== undefined && this.#isBefore(right, left!);
      const child = isRight ? right : left;
      if (child === undefined || !this.#isBefore(child, item)) return;
      const below = 2 * at + (isRight ? 2 : 1);
      this.#set(child, at);
      this.#set(item, below);
      at = below;
    }
  }

  #set(item: T, at: number): void {
    this.#heap[at] = item;
    this.#places.set(item, at);
  }
}
