/** What became of each step: `ok` or a word of its own, `-` where it was not tried, or what went wrong. */
export class Steps {
  #outcome;
  #limitMs;
  #failed = false;

  constructor(names, limitMs = 30_000) {
    this.#limitMs = limitMs;
    this.#outcome = Object.fromEntries(names.map((name) => [name, '-']));
  }

  /**
   * Tries a step, within a limit of time. After one that failed, only what is `always` is tried.
   * @returns whether it went well
   */
  async try(name, run, { always = false } = {}) {
    if (this.#failed && !always) return false;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('took too long')), this.#limitMs);
    });
    try {
      this.#outcome[name] = (await Promise.race([run(), late])) ?? 'ok';
      return true;
    } catch (error) {
      this.#outcome[name] = `FAIL ${error?.message ?? error}`;
      this.#failed = true;
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Prints all of it as a line of JSON, and ends the process. */
  print(ms) {
    console.log(JSON.stringify({ ...this.#outcome, ms: Math.round(ms) }));
    // A client may keep a timer or a socket after it was closed.
    process.exit();
  }
}
