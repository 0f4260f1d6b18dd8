import { systemClock } from '../base/clock.ts';
import { awaited, timerFor } from '../base/within.ts';

/** A client that takes nothing for so long is the stream limits' to cut, not ours to wait for. */
const PATIENCE_MS = 5000;

/** Keeps a server in step with its client: it is read no faster than what it says is taken. */
export class Backpressure {
  readonly #patienceMs: number;
  #sent = new Set<Promise<void>>();

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** Something was said; resolves when it is taken. */
  sent(taken: Promise<void>): void {
    this.#sent.add(taken);
  }

  /** Resolves when all of it is taken, or the patience is at its end; `undefined`: there is none. */
  allTaken(): Promise<void> | undefined {
    if (this.#sent.size === 0) return undefined;
    const all = Promise.all(this.#sent);
    this.#sent = new Set();
    return awaited(all, timerFor(systemClock, this.#patienceMs)).then(() => undefined);
  }
}
