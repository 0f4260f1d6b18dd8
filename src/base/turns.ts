import type { Clock } from './clock.ts';

/** Messages that are said in one go before whoever waits gives the others their turn. */
const MAX_MESSAGES = 1000;
/** Bytes of those messages. */
const MAX_BYTES = 64 * 1024;

/** Resolves in a later turn of the event loop: whatever waits has its turn before. */
export function laterTurn(clock: Clock): Promise<void> {
  return new Promise((resolve) => later(clock, resolve));
}

function later(clock: Clock, callback: () => void): void {
  if (clock.setImmediate === undefined) clock.setTimeout(callback, 0);
  else clock.setImmediate(callback);
}

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
      later(this.#clock, go);
    });
    return this.#next;
  }
}
