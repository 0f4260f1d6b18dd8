import { check, settleLimits } from '../base/check.ts';
import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { Owned, OwnOptions } from '../base/scope.ts';
import type { Awaitable } from '../base/awaitable.ts';

/** One handle, as its own code holds it: in `open`, `onSleep`, `onWake`, and below `use`. */
export interface HandleScope<S = undefined> {
  /** The id that clients hold. It opens the handle for its principal, so never log it. */
  readonly id: string;
  /** The handle's name for logs and events; of no use to a client. */
  readonly key: string;
  /** Whose the handle is; `undefined` is the anonymous principal. */
  readonly principal: string | undefined;
  /** What `state` made: plain data, which sleeps with the handle and is stored with it. */
  readonly state: S;
  /**
   * Changes the state, one change after the other, and waits for a durable store to have it. What
   * `change` returns becomes the state; returning nothing keeps the (changed) state.
   *
   * @throws whatever `change` throws
   */
  update(change: (state: S) => S | void | Promise<S | void>): Promise<S>;
  /**
   * Ties a resource to the handle, as `session.own` does to a session. Where the handle is over
   * already, the resource is released at once.
   *
   * @throws ActorsError `bad-option`, `not-disposable`, `session-over`, `too-many-resources`
   */
  own<R extends Owned>(resource: R, options?: OwnOptions): R;
  /** Aborts when what `open` made is released: the handle sleeps, or is over. */
  readonly signal: AbortSignal;
  /** Ends the handle. Uses under way may finish within `closeTimeoutMs`. */
  close(): void;
}

/** How long handles of a kind live, and how many there may be. */
export interface HandleLimits {
  /** Uses of one handle at once; others wait. @default 1 */
  concurrency: number;
  /** Uses of one handle that wait; one more is `handle-busy`. @default 64 */
  maxQueue: number;
  /** How long `open` and `onWake` may take. @default 30 s */
  openTimeoutMs: number;
  /** How long nobody uses a handle before it sleeps, where it can. @default 5 min */
  idleTimeoutMs: number;
  /** How long an unused handle is kept after that, asleep or not. @default 30 min */
  evictAfterMs: number;
  /** Handles of this kind open at once; one that can sleep makes room. @default 1000 */
  max: number;
  /** Handles of this kind that one authenticated principal has open. @default 16 */
  maxPerPrincipal: number;
  /** Handles of this kind that all anonymous callers together have open. @default 256 */
  maxAnonymous: number;
  /**
   * Bytes that the input of a handle may take in memory, where the handle keeps its input to be opened
   * with again: where it sleeps and has no `onWake`. @default 16 KiB
   */
  maxInputBytes: number;
}

export const HANDLE_DEFAULTS: HandleLimits = {
  concurrency: 1,
  maxQueue: 64,
  openTimeoutMs: 30_000,
  idleTimeoutMs: 5 * 60_000,
  evictAfterMs: 30 * 60_000,
  max: 1000,
  maxPerPrincipal: 16,
  maxAnonymous: 256,
  maxInputBytes: 16 * 1024,
};

/**
 * A kind of live thing that tools name by an id: see {@link defineHandle}.
 *
 * @template V what is live
 * @template S what is kept of it while it sleeps
 * @template I what it is opened with
 */
export interface HandleOptions<V, S = undefined, I = unknown> extends Partial<HandleLimits> {
  /**
   * A singular noun, small letters: `browser` gives the tools create_browser, list_browsers and
   * destroy_browser, and the argument `browser`.
   */
  readonly name: string;
  /** @default the name with an s */
  readonly plural?: string;
  /** What create_* does, for the model. @default "Opens a new" and the name */
  readonly description?: string;
  /** The arguments of create_*: what the server's `registerTool` takes as `inputSchema`. */
  readonly input?: unknown;
  /** Opens the live thing. What it owns is released with the handle. */
  readonly open: (input: I, handle: HandleScope<S>) => Awaitable<V>;
  /** Makes plain data that is kept while the handle sleeps and, in a durable store, restarts. */
  readonly state?: (input: I) => S;
  /**
   * Says what is kept of the live thing, as plain data, while the handle sleeps; `false` keeps it
   * awake. Without `state`, `onSleep` and `onWake` a handle does not sleep.
   */
  readonly onSleep?: (value: V, handle: HandleScope<S>) => unknown;
  /**
   * Opens the live thing again. `kept` is what `onSleep` returned; `undefined` where the process was
   * killed. @default `open`
   */
  readonly onWake?: (kept: unknown, handle: HandleScope<S>) => Awaitable<V>;
  /** Who may use a handle: its principal, or only the session that made it. @default 'principal' */
  readonly bind?: 'principal' | 'session';
  /** Whether there is a tool list_*. @default where the session's principal is known */
  readonly list?: boolean;
}

/** What {@link HandleOptions} knows. */
const NAMES: NamesOf<HandleOptions<unknown>> = {
  name: true,
  plural: true,
  description: true,
  input: true,
  open: true,
  state: true,
  onSleep: true,
  onWake: true,
  bind: true,
  list: true,
  concurrency: true,
  maxQueue: true,
  openTimeoutMs: true,
  idleTimeoutMs: true,
  evictAfterMs: true,
  max: true,
  maxPerPrincipal: true,
  maxAnonymous: true,
  maxInputBytes: true,
};

/** Names of tools and arguments have to be alike for every client and model. */
const NOUN = /^[a-z][a-z0-9_]{0,39}$/;
const MAY_BE_INFINITE: ReadonlySet<string> = new Set(['concurrency', 'idleTimeoutMs']);

/** The options of a kind after the checks, with every default filled in. */
export type HandleSettings = Required<Pick<HandleOptions<unknown, unknown>, 'name' | 'plural'>> &
  Omit<HandleOptions<unknown, unknown>, keyof HandleLimits | 'name' | 'plural'> & {
    readonly limits: HandleLimits;
    /** Something of the handle can be kept without what is live. */
    readonly sleeps: boolean;
    /** What is live is opened again by `open`, with the input that the handle keeps for that. */
    readonly reopens: boolean;
  };

/** @throws ActorsError `bad-option` */
export function settleHandle(options: HandleOptions<unknown, unknown>): HandleSettings {
  checkNames('defineHandle', options, NAMES);
  const { name, plural = `${name}s`, open, state, onSleep, onWake, bind, list } = options;
  check('name', 'a noun of small letters, digits and _', name, isNoun);
  check('plural', 'a noun of small letters, digits and _', plural, isNoun);
  check('open', 'a function', open, isFunction);
  for (const [each, value] of Object.entries({ state, onSleep, onWake })) {
    if (value !== undefined) check(each, 'a function', value, isFunction);
  }
  if (bind !== undefined) {
    check('bind', "'principal' or 'session'", bind, (v) => v === 'principal' || v === 'session');
  }
  if (list !== undefined) check('list', 'true or false', list, (v) => typeof v === 'boolean');
  const limits = settleLimits(HANDLE_DEFAULTS, options, MAY_BE_INFINITE);
  const sleeps = state !== undefined || onSleep !== undefined || onWake !== undefined;
  return { ...options, name, plural, limits, sleeps, reopens: sleeps && onWake === undefined };
}

function isNoun(value: unknown): boolean {
  return typeof value === 'string' && NOUN.test(value);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
