import type { Inspected } from './inspected.ts';

/** What a page lists, cut to what it shows, and how much there is. */
export interface Listed<R> {
  readonly rows: readonly R[];
  readonly total: number;
}

/** The last step of a machine. */
export interface LastStep {
  readonly at: number;
  readonly event: string;
  readonly from: string;
  readonly to: string;
}

/** Rows in one line of the feed. */
export const MAX_ROWS = 500;
/** Actors whose last step is known: more than a page shows is of no use. */
const MAX_STEPS = 2000;
/** How often a list is looked at without news. */
const LOOK_MS = 1000;

/**
 * A list that a runtime makes anew whenever it is asked, with the last step of each actor: told
 * where it has changed.
 *
 * @template K what a runtime calls an actor
 * @template R a row
 */
export abstract class Listing<K, R> {
  readonly #clock: Pick<Inspected, 'now'>;
  readonly #steps = new Map<K, LastStep>();
  #stops: readonly (() => void)[] = [];
  #isStale = true;
  #lookedAt = 0;
  #told = '';

  constructor(clock: Pick<Inspected, 'now'>) {
    this.#clock = clock;
  }

  /** The list as it is now; `undefined` where the runtime has none. */
  abstract all(): Listed<R> | undefined;

  /** The list, where it has changed since it was told last. */
  takeChanges(): Listed<R> | undefined {
    const now = this.#clock.now();
    // No event tells of what a runtime forgets.
    if (!this.#isStale && now - this.#lookedAt < LOOK_MS) return undefined;
    this.#isStale = false;
    this.#lookedAt = now;
    const list = this.all();
    const told = JSON.stringify(list);
    if (told === this.#told) return undefined;
    this.#told = told;
    return list;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  protected listen(...stops: readonly (() => void)[]): void {
    this.#stops = stops;
  }

  protected readonly turned = (): void => {
    this.#isStale = true;
  };

  /** The last step of each actor, the least recent first. */
  protected get steps(): ReadonlyMap<K, LastStep> {
    return this.#steps;
  }

  protected stepped(key: K, { at, event, from, to }: LastStep): void {
    this.#steps.delete(key);
    this.#steps.set(key, { at, event, from, to });
    const [oldest] = this.#steps.keys();
    if (this.#steps.size > MAX_STEPS && oldest !== undefined) this.#steps.delete(oldest);
  }

  /** @returns whether a step of the actor was known */
  protected forget(key: K): boolean {
    return this.#steps.delete(key);
  }
}
