import { expect } from 'vitest';

/** Asks again until it is so. A page on a loaded machine takes its time. */
export function poll<T>(ask: () => T | Promise<T>) {
  return expect.poll(ask);
}
