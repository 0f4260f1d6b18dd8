import type { Clock } from './clock.ts';
import type { DeadlineQueue } from './deadlines.ts';

/** Starts a wait that calls `expire` when it has lasted too long. @returns how to stop the wait */
export type Timer = (expire: () => void) => () => void;

/**
 * Waits for a promise, but not for ever.
 *
 * @param late makes the error of a wait that lasted too long
 */
export async function within<T>(
  promise: PromiseLike<T>,
  timer: Timer,
  late: () => Error,
): Promise<T> {
  let stop: (() => void) | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    stop = timer(() => reject(late()));
  });
  try {
    return await Promise.race([promise, tooLong]);
  } finally {
    stop?.();
  }
}

/** Waits for a promise of any outcome, but not for ever. @returns whether it settled in time */
export function awaited(promise: PromiseLike<unknown>, timer: Timer): Promise<boolean> {
  const settled = Promise.allSettled([promise]);
  return within(settled, timer, () => new Error('late')).then(
    () => true,
    () => false,
  );
}

/** Waits as long as a queue of the sweep says: no timer for each wait, however many there are. */
export function timerOf(queue: DeadlineQueue<() => void>): Timer {
  return (expire) => {
    queue.arm(expire);
    return () => queue.disarm(expire);
  };
}

/** Waits for a given time: one timer of the clock for each wait. @param ms the time */
export function timerFor(clock: Clock, ms: number): Timer {
  return (expire) => {
    const timer = clock.setTimeout(expire, ms);
    return () => clock.clearTimeout(timer);
  };
}

const DONE: Promise<unknown> = Promise.resolve();

/** Waits for both of two promises, or for the one there is. */
export function both(
  one: Promise<unknown> | undefined,
  other: Promise<unknown> = DONE,
): Promise<unknown> {
  return one === undefined ? other : Promise.all([one, other]);
}
