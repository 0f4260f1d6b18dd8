import { ActorsError } from '../base/errors.ts';
import { settleLimits } from '../base/check.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { RequestHead } from '../wire/headers.ts';
import { isObject } from '../wire/jsonrpc.ts';
import type { CacheHint } from './dress.ts';
import type { Meta } from './envelope.ts';

/** Whoever sends a request of the stateless revision, as the option `scope` may look at them. */
export interface ModernCaller {
  readonly principal: string | undefined;
  readonly authInfo: AuthInfo | undefined;
  /** The `_meta` of the request. Text from the wire: a name in it is a claim and no proof. */
  readonly meta: Meta;
  readonly headers: RequestHead['headers'];
}

/** What the requests of a client share: see {@link ModernOptions.scope}. */
export const SCOPES = ['principal', 'argument', 'request', 'shared', 'function'] as const;
export type Scope = (typeof SCOPES)[number];

/** Limits of the stateless revision. */
export interface ModernLimits {
  /** How long a call waits for its client to come back with answers. @default 10 min */
  readonly parkMs: number;
  /** Calls at once that wait for their clients. @default 1024 */
  readonly maxParked: number;
  /** The same, of one authenticated principal. @default 32 */
  readonly maxParkedPerPrincipal: number;
  /** The same, of all anonymous callers together. @default 256 */
  readonly maxParkedAnonymous: number;
  /** Bytes of the questions of calls that wait, and of answers nobody has fetched. @default 16 MiB */
  readonly maxParkedBytes: number;
  /** Times that one call may ask its client. @default 16 */
  readonly maxRounds: number;
  /** Open `subscriptions/listen` at once. @default 1024 */
  readonly maxListens: number;
  /** The same, of one authenticated principal. @default 16 */
  readonly maxListensPerPrincipal: number;
  /** The same, of all anonymous callers together. @default 256 */
  readonly maxListensAnonymous: number;
  /** Requests in flight of the session that all share, with scope `shared`. @default 1024 */
  readonly maxSharedInFlight: number;
}

/** How the stateless revision 2026-07-28 is served. */
export interface ModernOptions extends Partial<ModernLimits> {
  /** Refuses session revisions: the stateless one is served alone. @default false */
  readonly only?: boolean;
  /**
   * What a client of both eras is told when it asks (`server/discover`): `sessions` lets it open a
   * session, `stateless` has it do without. @default 'sessions'
   */
  readonly prefer?: 'sessions' | 'stateless';
  /**
   * What a request belongs to: `principal`, all requests of an authenticated caller; `argument`,
   * those with the same id in a tool argument that the runtime adds; `request`, only itself;
   * `shared`, everybody's; a function names what a request belongs to among those of its principal,
   * or `undefined`. `auto` is `principal` for an authenticated caller; for an anonymous one
   * `argument` where the runtime has a `state` or a `machine`, else `request`. @default 'auto'
   */
  readonly scope?:
    | 'auto'
    | Exclude<Scope, 'function'>
    | ((caller: ModernCaller) => string | undefined);
  /** Name of the argument of scope `argument`. @default 'session' */
  readonly argument?: string;
  /** What lists and resources say of their freshness. @default 0 ms, private */
  readonly cache?: Partial<CacheHint>;
  /**
   * What happens to a call whose answers come when its process is gone: `error` says so, `rerun`
   * runs the handler again from its beginning, with the answers given so far. @default 'error'
   */
  readonly onLostCall?: 'error' | 'rerun';
}

export const MODERN_LIMITS: ModernLimits = {
  parkMs: 10 * 60_000,
  maxParked: 1024,
  maxParkedPerPrincipal: 32,
  maxParkedAnonymous: 256,
  maxParkedBytes: 16 * 1024 * 1024,
  maxRounds: 16,
  maxListens: 1024,
  maxListensPerPrincipal: 16,
  maxListensAnonymous: 256,
  maxSharedInFlight: 1024,
};

/** The options after the checks, with every default filled in. */
export interface ModernSettings {
  readonly only: boolean;
  readonly prefer: 'sessions' | 'stateless';
  readonly scope: NonNullable<ModernOptions['scope']>;
  /** The scope of anonymous callers where `scope` is `auto`. */
  readonly anonymous: 'argument' | 'request';
  readonly argument: string;
  readonly cache: CacheHint;
  readonly onLostCall: 'error' | 'rerun';
  readonly limits: ModernLimits;
}

const DEFAULTS = {
  only: false,
  prefer: 'sessions',
  scope: 'auto',
  argument: 'session',
  onLostCall: 'error',
} as const;

const CHECKS: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  only: ['true or false', (value) => typeof value === 'boolean'],
  prefer: ["'sessions' or 'stateless'", (value) => value === 'sessions' || value === 'stateless'],
  scope: [
    "'auto', 'principal', 'argument', 'request', 'shared' or a function",
    (value) =>
      typeof value === 'function' ||
      value === 'auto' ||
      (value !== 'function' && (SCOPES as readonly unknown[]).includes(value)),
  ],
  argument: ['a name', (value) => typeof value === 'string' && /^[A-Za-z_]\w{0,63}$/.test(value)],
  onLostCall: ["'error' or 'rerun'", (value) => value === 'error' || value === 'rerun'],
  cache: ["{ ttlMs, scope: 'public' | 'private' }", isCacheHint],
};

/**
 * Checks the option `modern`, and fills in the defaults.
 *
 * @param hasState the runtime keeps a state, or an actor, for each session
 * @returns `null`: the stateless revision is not served
 * @throws ActorsError `bad-option`
 */
export function settleModern(
  option: boolean | ModernOptions | undefined,
  hasState: boolean,
): ModernSettings | null {
  if (option === false) return null;
  if (option !== undefined && typeof option !== 'boolean' && !isObject(option)) {
    throw new ActorsError('bad-option', 'modern must be true, false or its options');
  }
  const given: ModernOptions = typeof option === 'object' ? option : {};
  for (const [name, [expected, test]] of Object.entries(CHECKS)) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && !test(value)) {
      throw new ActorsError('bad-option', `modern.${name} must be ${expected}`);
    }
  }
  const {
    only = DEFAULTS.only,
    prefer = DEFAULTS.prefer,
    scope = DEFAULTS.scope,
    argument = DEFAULTS.argument,
    onLostCall = DEFAULTS.onLostCall,
    cache = {},
  } = given;
  return {
    only,
    prefer,
    scope,
    argument,
    onLostCall,
    anonymous: hasState ? 'argument' : 'request',
    cache: { ttlMs: cache.ttlMs ?? 0, scope: cache.scope ?? 'private' },
    limits: settleLimits(MODERN_LIMITS, given),
  };
}

function isCacheHint(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { ttlMs = 0, scope = 'private' } = value;
  const isTime = Number.isSafeInteger(ttlMs) && (ttlMs as number) >= 0;
  return isTime && (scope === 'public' || scope === 'private');
}
