import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import type { Claim } from './claims.ts';

interface Wait {
  readonly holds: () => boolean;
  readonly claim: Claim | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Callers that wait until their node may serve them, each for a time at most. */
export class Waits {
  readonly #open = new Set<Wait>();
  readonly #late: DeadlineQueue<() => void>;
  #isClosed = false;

  /** @param late how long a caller waits */
  constructor(late: DeadlineQueue<() => void>) {
    this.#late = late;
  }

  /**
   * Waits until something holds.
   *
   * @param claim what the caller needs of all that the node owns
   * @throws ActorsError `store-unavailable` after a time, and where nothing is waited for any more
   */
  async until(holds: () => boolean, claim?: Claim): Promise<void> {
    if (holds()) return;
    if (this.#isClosed) throw suspended();
    await new Promise<void>((resolve, reject) => {
      const late = (): void => wait.reject(suspended());
      const over = (): void => {
        this.#open.delete(wait);
        this.#late.disarm(late);
      };
      const wait: Wait = {
        holds,
        claim,
        resolve: () => (over(), resolve()),
        reject: (error) => (over(), reject(error)),
      };
      this.#open.add(wait);
      this.#late.arm(late);
    });
  }

  /** What callers wait for, of all that the node owns. */
  *claims(): Iterable<Claim> {
    for (const { claim } of this.#open) if (claim !== undefined) yield claim;
  }

  /** Lets those go on for whom it holds by now. */
  look(): void {
    for (const { holds, resolve } of this.#open) if (holds()) resolve();
  }

  /** Nobody waits any more, now or later. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#open) reject(suspended());
  }
}

function suspended(): ActorsError {
  return new ActorsError('store-unavailable', 'this node has no lease in its cluster');
}
