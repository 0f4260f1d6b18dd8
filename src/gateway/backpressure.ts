import { systemClock } from '../base/clock.ts';
import { awaited, timerFor } from '../base/within.ts';

/** How long a server waits for its client: the stream limits cut a client that takes nothing. */
const PATIENCE_MS = 5000;

/** Keeps a server in step with its client: it is read no faster than the client takes messages. */
export class Backpressure {
  readonly #patienceMs: number;
  #sent = new Set<Promise<void>>();

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** Notes a message on its way to the client; `taken` resolves when the client has taken it. */
  sent(taken: Promise<void>): void {
    this.#sent.add(taken);
  }

  /** Resolves when all noted messages are taken or the patience ends; `undefined` for none. */
  allTaken(): Promise<void> | undefined {
    if (this.#sent.size === 0) return undefined;
    const all = Promise.all(this.#sent);
    this.#sent = new Set();
    return awaited(all, timerFor(systemClock, this.#patienceMs)).then(() => undefined);
  }
}
