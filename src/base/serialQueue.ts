/** Runs the changes of one session's state one after the other, however many callers there are. */
export class SerialQueue {
  #last: Promise<unknown> | null = null;
  #open = 0;

  /** No change is under way. */
  get isEmpty(): boolean {
    return this.#open === 0;
  }

  /** Runs a change, in the same turn where no other is under way. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#run(change, this.isEmpty ? null : this.#last);
    this.#last = result;
    return result;
  }

  async #run<T>(change: () => Promise<T>, before: Promise<unknown> | null): Promise<T> {
    this.#open++;
    try {
      // A failed change is for its own caller to hear; the next change runs all the same.
      if (before !== null) await before.catch(() => {});
      return await change();
    } finally {
      this.#open--;
    }
  }
}
