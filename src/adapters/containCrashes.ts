import { ActorsError } from '../base/errors.ts';
import { type Contained, guardProcess } from './strayErrors.ts';

/** Which stray errors {@link containCrashes} keeps from the process. */
export interface ContainOptions {
  /**
   * `'rejections'`: promises that nobody awaits. `'all'`: also what throws in a timer, a callback
   * or a microtask, which may leave anything half done, in whatever it ran through. @default
   * 'rejections'
   */
  readonly contain?: Contained;
}

/**
 * Contains errors that escape the code of a session: the session they came from crashes by policy,
 * the process lives. A session with nothing in flight does not crash: the error is announced as
 * `error.escaped`. Errors of no session are not touched.
 *
 * @returns how to stop; the process is as before after the last stop
 * @throws ActorsError `bad-option`
 */
export function containCrashes({ contain = 'rejections' }: ContainOptions = {}): () => void {
  return guardProcess({ contain: containedOf(contain) });
}

/** Checks what an option has named. @throws ActorsError `bad-option` */
export function containedOf(contain: Contained): Contained {
  if (contain === 'rejections' || contain === 'all') return contain;
  throw new ActorsError('bad-option', "contain must be 'rejections', 'all' or false");
}
