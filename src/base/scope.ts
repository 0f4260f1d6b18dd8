import { checkNames, type NamesOf } from './optionNames.ts';
import { ActorsError } from './errors.ts';
import { isPromise } from './awaitable.ts';
import type { Clock } from './clock.ts';
import type { Limits } from './limits.ts';
import { childOf, OwnedChild } from './ownedChild.ts';
import { type OrphanListener, type Release, Resource, type WaitWithin } from './resource.ts';
import { hearErrors, watchEnd } from './watchEnd.ts';
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

/** How a session owns a resource: see `Session.own`. */
export interface OwnOptions {
  /**
   * How long the release may take; a child process that still runs then gets SIGKILL.
   * @default closeTimeoutMs
   */
  readonly deadlineMs?: number;
  /**
   * How the resource says that it ended by itself: the name of an event, or a promise that settles.
   * @default the event `exit`, as a child process and a worker have it
   */
  readonly ended?: string | PromiseLike<unknown>;
  /**
   * The resource may end by itself: the session then no longer owns it, and goes on. Otherwise such
   * an end is a crash of the session. @default false
   */
  readonly mayEnd?: boolean;
  /**
   * Whether the resource keeps its session awake. `false`: an idle session falls asleep, the
   * resource is released, and the factory makes the next one when the session wakes. @default true
   */
  readonly keepsAwake?: boolean;
}

/** What {@link OwnOptions} knows. */
const NAMES: NamesOf<OwnOptions> = {
  deadlineMs: true,
  ended: true,
  mayEnd: true,
  keepsAwake: true,
};

/** @throws ActorsError `bad-option`, with the nearest name */
export function checkOwnNames(where: string, options: object): void {
  checkNames(where, options, NAMES);
}

/** What a scope needs of its owner to take a resource. */
export interface Owner {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'closeTimeoutMs' | 'maxResources'>;
  /** A resource has failed. */
  crash(error: unknown): void;
  /** A resource has ended by itself: work that waits for the resource would wait for ever. */
  lost(error: unknown): void;
}

/**
 * The resources of one incarnation of a session: released last in, first out, exactly once.
 *
 * A release that throws or overruns its deadline is reported and the next one runs: one bad
 * resource holds no other back.
 */
export class Scope {
  #resources: Resource[] | null = null;
  #isClosing = false;
  #closed: Promise<void> | null = null;

  get size(): number {
    return this.#resources?.length ?? 0;
  }

  /** A resource keeps the session awake. */
  get keepsAwake(): boolean {
    return this.#resources?.some(({ keepsAwake }) => keepsAwake) ?? false;
  }

  /**
   * Ties a resource to the scope.
   *
   * @param onOver told when the resource can no longer be used
   * @throws ActorsError `bad-option`, `not-disposable`, `session-over`, `too-many-resources`
   */
  own(resource: Owned, options: OwnOptions, owner: Owner, onOver?: () => void): Resource {
    checkOwnNames('own', options);
    if (this.#isClosing) {
      throw new ActorsError('session-over', 'own() after the session ended: release it yourself');
    }
    const { maxResources } = owner.limits;
    if (this.size >= maxResources) {
      throw new ActorsError(
        'too-many-resources',
        `a session owns at most ${maxResources} resources`,
      );
    }
    const { deadlineMs, ended, keepsAwake = true, mayEnd = false } = options;
    const end = (error: unknown): void => {
      if (this.#isClosing || !owned.over()) return;
      if (mayEnd) this.#drop(owned);
      else owner.lost(error);
    };
    const fail = (error: unknown): void => {
      owned.over();
      owner.crash(error);
    };
    const process = childOf(resource);
    const graceMs = deadlineMs ?? owner.limits.closeTimeoutMs;
    const child =
      process && new OwnedChild(process, { graceMs, clock: owner.clock, mayEnd, ended: end });
    const { release } = child ?? { release: releaseOf(resource) };
    const limitMs = child?.deadlineMs ?? deadlineMs;
    const owned = new Resource({ release, deadlineMs: limitMs, keepsAwake, onOver });
    if (child === undefined || ended !== undefined) watchEnd(resource, ended, end);
    this.#resources ??= [];
    this.#resources.push(owned);
    hearErrors(resource, fail);
    child?.watch();
    return owned;
  }

  /** Releases one resource, before the others. Never rejects. */
  async free(owned: Resource, wait: WaitWithin, onOrphan: OrphanListener): Promise<void> {
    await owned.release(wait, onOrphan);
    this.#drop(owned);
  }

  /** Releases every resource. A second call returns the first call's promise. */
  close(wait: WaitWithin, onOrphan: OrphanListener): Promise<void> {
    // Before the first release runs: what that release ends has not ended by itself.
    this.#isClosing = true;
    this.#closed ??= this.#run(wait, onOrphan);
    return this.#closed;
  }

  #drop(owned: Resource): void {
    const resources = this.#resources ?? [];
    const at = resources.indexOf(owned);
    if (at >= 0) resources.splice(at, 1);
  }

  async #run(wait: WaitWithin, onOrphan: OrphanListener): Promise<void> {
    const resources = this.#resources ?? [];
    for (let owned = resources.pop(); owned !== undefined; owned = resources.pop()) {
      await owned.release(wait, onOrphan);
    }
    this.#resources = null;
  }
}

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
