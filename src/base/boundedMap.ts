/** A map that holds so many entries at most: the one that came first goes first. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number;
  readonly #onDropped: ((value: V) => void) | undefined;

  /** @param onDropped told of what went to make room */
  constructor(max: number, onDropped?: (value: V) => void) {
    super();
    this.#max = max;
    this.#onDropped = onDropped;
  }

  override set(key: K, value: V): this {
    super.set(key, value);
    if (this.size > this.#max) this.#dropFirst();
    return this;
  }

  #dropFirst(): void {
    for (const [key, value] of this) {
      this.delete(key);
      this.#onDropped?.(value);
      return;
    }
  }
}
