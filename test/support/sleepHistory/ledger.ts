/** What must hold, and what did not. */
export class Ledger {
  readonly broken: string[] = [];
  #tokens = 0;

  /** A number that means one thing only in all of a history. */
  token(): number {
    return ++this.#tokens;
  }

  check(holds: boolean, what: () => string): void {
    if (!holds) this.broken.push(what());
  }
}
