/** A map of at most `max` entries: the entry that came first makes room for a new one. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number;
  readonly #onDropped: ((value: V) => void) | undefined;

  /** @param onDropped told of the entry that made room */
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
