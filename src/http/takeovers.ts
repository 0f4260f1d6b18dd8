import type { Limits } from '../base/limits.ts';

/** Takeovers further apart than so many times `sseRetryMs` have nothing to do with each other. */
const APART = 10;

/**
 * Takeovers of one session's GET stream, counted in a row.
 *
 * A newer GET takes over: its client may have lost the line before without the server's notice. But
 * two GET loops of one client would end each other's stream for ever, each coming back as soon as it
 * was told an end.
 */
export class Takeovers {
  #count = 0;
  #last = -Infinity;

  /** Whether a newer GET may take over the open stream now. */
  allows(now: number, { maxTakeovers, sseRetryMs }: Limits): boolean {
    const pause = now - this.#last;
    this.#last = now;
    if (pause > sseRetryMs * APART) this.#count = 0;
    // Who was told an end waits before it comes back: whoever is quicker was not told one.
    if (pause >= sseRetryMs / 4) this.#count++;
    return this.#count <= maxTakeovers;
  }
}
