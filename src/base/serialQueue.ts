/** Runs one thing after the other, whoever asks for them: the changes of one session's state. */
export class SerialQueue {
  #last: Promise<unknown> | null = null;
  #open = 0;

  /** None is under way. */
  get isEmpty(): boolean {
    return this.#open === 0;
  }

  /** In the same turn where there is none before it. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#run(change, this.isEmpty ? null : this.#last);
    this.#last = result;
    return result;
  }

  async #run<T>(change: () => Promise<T>, before: Promise<unknown> | null): Promise<T> {
    this.#open++;
    try {
      // A failed update is its caller's to hear; the next one runs all the same.
      if (before !== null) await before.catch(() => {});
      return await change();
    } finally {
      this.#open--;
    }
  }
}
