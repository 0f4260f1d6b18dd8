/** A value, or a promise of one: stores in memory answer in the same turn. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Whether a value is a promise and has to be waited for. */
export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
