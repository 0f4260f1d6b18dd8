import type { Awaitable } from './store.ts';

/** Whether a value takes waiting. */
export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
