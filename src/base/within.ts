import type { Clock } from './clock.ts';
import type { DeadlineQueue } from './deadlines.ts';

/** Starts a wait that calls back when it has lasted long enough. @returns how to stop the wait */
export type Timer = (expire: () => void) => () => void;

/**
 * Waits for a promise, but not for ever.
 *
 * @param late the error of a wait that lasted too long
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

/** Waits for a promise whose outcome does not matter, but not for ever. @returns whether it came in time */
export function awaited(promise: PromiseLike<unknown>, timer: Timer): Promise<boolean> {
  const settled = Promise.allSettled([promise]);
  return within(settled, timer, () => new Error('late')).then(
    () => true,
    () => false,
  );
}

/** Waits as long as a queue of the sweep says: no timer of its own, however many wait. */
export function timerOf(queue: DeadlineQueue<() => void>): Timer {
  return (expire) => {
    queue.arm(expire);
    return () => queue.disarm(expire);
  };
}

/** Waits for a time of its own: one timer of the clock. */
export function timerFor(clock: Clock, ms: number): Timer {
  return (expire) => {
    const timer = clock.setTimeout(expire, ms);
    return () => clock.clearTimeout(timer);
  };
}
