import { ActorsError } from './errors.ts';
import { isPromise } from './awaitable.ts';
import { type Timer, within } from './within.ts';

/** Whatever a session can own: see `Session.own`. */
export type Owned =
  | (() => unknown)
  | Disposable
  | AsyncDisposable
  | { close(): unknown }
  | { kill(): unknown }
  | { terminate(): unknown }
  | { destroy(): unknown }
  | { dispose(): unknown }
  | { abort(): unknown };

type Release = () => unknown;

/** Told of resources that could not be released, or not in time. */
export type OrphanListener = (error: unknown) => void;

/**
 * The resources of one incarnation of a session: released last in, first out, exactly once.
 *
 * A release that throws or overruns its deadline is reported and the next one runs: one bad
 * resource holds no other back.
 */
export class Scope {
  #entries: { release: Release; deadlineMs: number | undefined }[] | null = null;
  #closing: Promise<void> | null = null;

  get size(): number {
    return this.#entries?.length ?? 0;
  }

  /**
   * Ties a resource to the scope.
   *
   * @throws ActorsError `session-over`, `not-disposable`, `too-many-resources`
   */
  own(resource: Owned, deadlineMs: number | undefined, max: number): void {
    if (this.#closing !== null) {
      throw new ActorsError('session-over', 'own() after the session ended: release it yourself');
    }
    if (this.size >= max) {
      throw new ActorsError('too-many-resources', `a session owns at most ${max} resources`);
    }
    this.#entries ??= [];
    this.#entries.push({ release: releaseOf(resource), deadlineMs });
  }

  /** Releases every resource. A second call returns the first call's promise. */
  close(wait: WaitWithin, onOrphan: OrphanListener): Promise<void> {
    this.#closing ??= this.#run(wait, onOrphan);
    return this.#closing;
  }

  async #run(wait: WaitWithin, onOrphan: OrphanListener): Promise<void> {
    for (let entry = this.#entries?.pop(); entry !== undefined; entry = this.#entries?.pop()) {
      const { release, deadlineMs } = entry;
      try {
        await wait(release, deadlineMs);
      } catch (error) {
        onOrphan(error);
      }
    }
    this.#entries = null;
  }
}

/** Calls a function and waits for its promise, but not longer than a deadline in milliseconds. */
export type WaitWithin = (run: Release, deadlineMs: number | undefined) => Promise<void>;

/**
 * @param usual how long a release may take
 * @param own how long a release with a deadline of its own may take
 */
export function waitWithin(usual: Timer, own: (ms: number) => Timer): WaitWithin {
  return async (run, deadlineMs) => {
    const result: unknown = run();
    if (!isPromise(result)) return;
    const timer = deadlineMs === undefined ? usual : own(deadlineMs);
    await within(result, timer, () => new ActorsError('timed-out', 'release took too long'));
  };
}

/** Methods that release a resource, in order of trust: a disposer knows more than a `kill`. */
const METHODS = ['close', 'kill', 'terminate', 'destroy', 'dispose', 'abort'] as const;

/** Finds how to release a resource. @throws ActorsError `not-disposable` */
function releaseOf(resource: Owned): Release {
  if (typeof resource === 'function') return resource;
  const from = (resource ?? {}) as unknown as Record<string | symbol, unknown>;
  for (const name of [Symbol.asyncDispose, Symbol.dispose, ...METHODS]) {
    // On a host without these symbols `name` is `undefined`, and would look up "undefined".
    if (name === undefined) continue;
    const method = from[name];
    if (typeof method === 'function') return () => method.call(resource) as unknown;
  }
  throw new ActorsError('not-disposable', `own() takes a function or a disposable object`);
}

/** Listens to the errors of a resource: an emitter without such a listener ends the process. */
export function hearErrors(resource: Owned, listener: (error: unknown) => void): void {
  const { on } = resource as { on?: (event: 'error', listener: (error: unknown) => void) => void };
  if (typeof on === 'function') on.call(resource, 'error', listener);
}
