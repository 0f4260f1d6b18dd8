import type { Arg } from './client.ts';

/** A write that Redis has acknowledged. */
export interface Entry {
  readonly number: number;
  readonly args: readonly Arg[];
  readonly bytes: number;
  /** When it was acknowledged, in milliseconds. */
  readonly at: number;
}

/** How long a write is remembered: replicas are seldom further behind. */
const REMEMBER_MS = 10_000;

/**
 * The writes of one process by their numbers, and what the last of them were: a server that comes back
 * without them is given them again.
 */
export class Ledger {
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #given = 0;
  #acknowledged = 0;
  /** The number of the last write that was acknowledged and is not remembered any more. */
  #dropped = 0;

  constructor(maxBytes: number, now: () => number) {
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /** The number of the last write that was acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** A number for the next write. */
  next(): number {
    return ++this.#given;
  }

  acknowledge(number: number, args: readonly Arg[], bytes: number): void {
    this.#acknowledged = number;
    this.#entries.push({ number, args, bytes, at: this.#now() });
    this.#bytes += bytes;
    this.forget();
  }

  /** Forgets what is too old, or too much. */
  forget(): void {
    const since = this.#now() - REMEMBER_MS;
    const end = this.#entries.findIndex(({ at, bytes }) => {
      if (at > since && this.#bytes <= this.#maxBytes) return true;
      this.#bytes -= bytes;
      return false;
    });
    const leaving = this.#entries.splice(0, end === -1 ? this.#entries.length : end);
    this.#dropped = leaving.at(-1)?.number ?? this.#dropped;
  }

  /** What is remembered of the writes behind a number. `isWhole`: that is all of them. */
  since(number: number): { readonly entries: readonly Entry[]; readonly isWhole: boolean } {
    const entries = this.#entries.filter((entry) => entry.number > number);
    return { entries, isWhole: this.#dropped <= number };
  }
}
