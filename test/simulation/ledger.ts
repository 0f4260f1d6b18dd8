/** What must hold, and what did not. */
export class Ledger {
  readonly broken: string[] = [];
  /** What happened, as one number. */
  hash = 0x811c9dc5;
  readonly #trace: ((line: string) => void) | undefined;
  #nonces = 0;

  constructor(trace?: (line: string) => void) {
    this.#trace = trace;
  }

  /** A number that means one thing only in all of a history. */
  nonce(): number {
    return ++this.#nonces;
  }

  check(holds: boolean, what: () => string): void {
    if (!holds) this.broken.push(what());
  }

  /** Something happened: two runs of a seed must tell the same. */
  did(what: string): void {
    let { hash } = this;
    for (let i = 0; i < what.length; i++) hash = Math.imul(hash ^ what.charCodeAt(i), 0x01000193);
    this.hash = hash >>> 0;
    this.#trace?.(what);
  }
}
