import { ActorsError } from './errors.ts';

/** A value, or a promise of one: stores in memory answer in the same turn. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Whether a value is a promise and has to be waited for. */
export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  // By its function: a state of the user's may have a member of that name.
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/**
 * A value that the user's function has to give at once. The rejection of a promise in its place
 * reaches nobody else.
 *
 * @param name the option that the function is
 * @throws ActorsError `bad-option` where the value is a promise
 */
export function atOnce<T>(name: string, value: T): T {
  if (!isPromise<unknown>(value)) return value;
  Promise.resolve(value).catch(() => {});
  throw new ActorsError('bad-option', `${name} must not return a promise`);
}
