/** The last numbers that were added. */
export class RecentSet {
  readonly #numbers = new Set<number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  has(number: number): boolean {
    return this.#numbers.has(number);
  }

  add(number: number): void {
    this.#numbers.add(number);
    if (this.#numbers.size <= this.#max) return;
    for (const oldest of this.#numbers) {
      this.#numbers.delete(oldest);
      return;
    }
  }
}
