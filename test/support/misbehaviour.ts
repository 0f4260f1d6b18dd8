import type { VirtualClock } from './virtualClock.ts';

/** How user code may fail whoever calls it. */
export const MANNERS = ['throws', 'rejects', 'hangs', 'is slow', 'answers twice'] as const;
export type Manner = (typeof MANNERS)[number];

/** Longer than every deadline that waits for user code. */
export const SLOW_MS = 120_000;

/** What a function of the user's returns, in a manner, where `value` makes what it should. */
export function misbehave<T>(manner: Manner, clock: VirtualClock, value: () => T): T {
  // The types of some functions allow no promise: nobody's program is kept from it.
  return failing(manner, clock, value) as T;
}

function failing(manner: Manner, clock: VirtualClock, value: () => unknown): unknown {
  switch (manner) {
    case 'throws':
      throw new Error('user code');
    case 'rejects':
      return Promise.reject(new Error('user code'));
    case 'hangs':
      return new Promise(() => {});
    case 'is slow':
      return new Promise((resolve) => {
        clock.setTimeout(() => resolve(value()), SLOW_MS);
      });
    case 'answers twice':
      return new Twice(value());
  }
  return undefined;
}

/** Settles as often as it likes. */
class Twice<T> implements PromiseLike<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  // oxlint-disable-next-line unicorn/no-thenable
  then<R, S>(
    fulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    rejected?: ((error: unknown) => S | PromiseLike<S>) | null,
  ): PromiseLike<R | S> {
    void fulfilled?.(this.#value);
    void rejected?.(new Error('twice'));
    void fulfilled?.(this.#value);
    return new Promise(() => {});
  }
}
