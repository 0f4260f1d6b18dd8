/** The last entries of a series, oldest first; an entry past the limit pushes the oldest out. */
export class Ring<T> {
  #items: T[] = [];
  #head = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  push(item: T): void {
    if (this.#items.length < this.#max) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#head] = item;
    this.#head = (this.#head + 1) % this.#max;
  }

  get size(): number {
    return this.#items.length;
  }

  toArray(): T[] {
    return [...this.#items.slice(this.#head), ...this.#items.slice(0, this.#head)];
  }
}
