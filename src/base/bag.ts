/** A set of which any item can be picked in O(1). */
export class Bag<T> {
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    if (this.#places.has(item)) return;
    this.#places.set(item, this.#items.length);
    this.#items.push(item);
  }

  delete(item: T): void {
    const at = this.#places.get(item);
    if (at === undefined) return;
    this.#places.delete(item);
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[at] = last;
    this.#places.set(last, at);
  }

  /** Picks an item, which stays. @param chance from 0 up to 1 */
  pick(chance: number): T | undefined {
    return this.#items[Math.floor(chance * this.#items.length)];
  }
}
