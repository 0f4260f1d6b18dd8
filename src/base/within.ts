import type { Clock } from './clock.ts';
import type { DeadlineQueue } from './deadlines.ts';

/** Starts a wait that calls `expire` when it has lasted too long. @returns how to stop the wait */
export type Timer = (expire: () => void) => () => void;

/**
 * Waits for a promise, but not for ever.
 *
 * @param late makes the error of a wait that lasted too long
 */
export function within<T>(promise: PromiseLike<T>, timer: Timer, late: () => Error): Promise<T> {
  // By hand: a race makes four promises more, and each end of a session waits twice.
  return new Promise((resolve, reject) => {
    const stop = timer(() => reject(late()));
    const over = (): void => {
      stop();
      resolve(promise);
    };
    Promise.resolve(promise).then(over, over).catch(reject);
  });
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
