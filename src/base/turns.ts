import type { Clock } from './clock.ts';

/** Messages that are said in one go before whoever waits gives the others their turn. */
const MAX_MESSAGES = 1000;
/** Bytes of those messages. */
const MAX_BYTES = 64 * 1024;

/**
 * Lets the event loop have its turn while handlers say much: one that awaits each message would
 * otherwise never leave the microtasks, and no other session would be served meanwhile.
 */
export class Turns {
  readonly #clock: Clock;
  #messages = 0;
  #bytes = 0;
  #next: Promise<void> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts the bytes of a message. */
  said(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Counts a message. @returns resolves in a later turn; `undefined` where none is due */
  due(): Promise<void> | undefined {
    this.#messages++;
    if (this.#messages <= MAX_MESSAGES && this.#bytes <= MAX_BYTES) return undefined;
    this.#next ??= new Promise((resolve) => {
      const go = (): void => {
        this.#messages = 0;
        this.#bytes = 0;
        this.#next = null;
        resolve();
      };
      if (this.#clock.setImmediate === undefined) this.#clock.setTimeout(go, 0);
      else this.#clock.setImmediate(go);
    });
    return this.#next;
  }
}
