/**
 * Counts by a name from a closed set. Names given beforehand begin at zero, so that a rate over the
 * first event is right.
 */
export class Tally {
  readonly #counts: Map<string, number>;

  constructor(names: readonly string[] = []) {
    this.#counts = new Map(names.map((name) => [name, 0]));
  }

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  entries(): Iterable<[string, number]> {
    return this.#counts.entries();
  }
}
