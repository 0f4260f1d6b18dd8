import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { type Clock, systemClock } from './base/clock.ts';
import { ActorsError } from './base/errors.ts';
import { randomId } from './base/ids.ts';
import { DEFAULT_LIMITS, DURABLE_LIMITS, type Limits, MAY_BE_INFINITE } from './base/limits.ts';
import type { CrashPolicy } from './actor/intensity.ts';
import type { ResponseMode } from './http/httpExchange.ts';
import type { ServerFactory, Session } from './session/session.ts';
import type { Woken } from './session/session.ts';
import { MemoryStore } from './store/memoryStore.ts';
import type { SessionStore } from './store/store.ts';
import type { RequestHead } from './wire/headers.ts';
import type { AllowList } from './wire/origin.ts';

const FUNCTIONS = [
  'state',
  'principal',
  'createId',
  'migrate',
  'serialize',
  'deserialize',
  'onSleep',
  'onWake',
] as const;

/** Who a caller is: a stable name, or `undefined` for the anonymous principal. */
export type PrincipalOf = (
  authInfo: AuthInfo | undefined,
  request: RequestHead,
) => string | undefined;

/** What {@link createRuntime} takes. Everything but `server` has a default. */
export interface RuntimeOptions<T = undefined> extends Partial<Limits> {
  /** Makes the server of one session: a fresh one each time, v1 or v2, low or high level. */
  readonly server: ServerFactory<T>;
  /** Makes the state of one session. */
  readonly state?: () => T;
  /**
   * Who the caller is. Must not change when a token is refreshed.
   * @default issuer, subject and client of `authInfo`; anonymous without it
   */
  readonly principal?: PrincipalOf;
  /** Host names this server answers to. @default loopback names */
  readonly allowedHosts?: AllowList;
  /** Origins of pages that may call. @default pages of the allowed hosts */
  readonly allowedOrigins?: AllowList;
  /** Answer preflights and send CORS headers to allowed origins. @default false */
  readonly cors?: boolean;
  /** Clients may end their session with DELETE. @default true */
  readonly allowDelete?: boolean;
  /** @default 'auto' */
  readonly responseMode?: ResponseMode;
  /** `'restart'` is 3 restarts within a minute. @default 'evict' */
  readonly onCrash?: 'restart' | CrashPolicy;
  /** Idle sessions give up their server and keep a small record instead. @default true */
  readonly sleep?: boolean;
  /**
   * Where sessions are kept while they have no server. With a durable one they survive the process.
   * The runtime closes it. @default memory
   */
  readonly store?: SessionStore;
  /**
   * An event store of the SDK, for what the replay log has dropped. Each session reaches its own
   * streams in it and no others. It must give events in the order it was given them.
   */
  readonly eventStore?: EventStore;
  /** Of the state that this program writes; what was written with another one is migrated. @default 1 */
  readonly stateVersion?: number;
  /** Makes a state of this version from one that another version of the program stored. */
  readonly migrate?: (state: unknown, from: number) => T;
  /** Makes plain data of a state that is none, for the store. */
  readonly serialize?: (state: T) => unknown;
  /** And a state of plain data again. */
  readonly deserialize?: (data: unknown) => T;
  /**
   * Runs when an idle session is about to lose its server: lets it go though it owns resources, and
   * returns plain data to keep, or `false` to stay awake. What it owns is released afterwards.
   */
  readonly onSleep?: (session: Session<T>) => unknown;
  /** Runs when the next server is there, before anything reaches it. */
  readonly onWake?: (session: Session<T>, woken: Woken) => void | Promise<void>;
  /** Events of `message` carry the message itself as text, arguments and results. @default false */
  readonly announceContent?: boolean;
  readonly clock?: Clock;
  /** Mints session ids: visible ASCII, at least 128 random bits. */
  readonly createId?: () => string;
}

/** Options after the checks: every field present. */
export interface Settings<T> extends Limits {
  readonly server: ServerFactory<T>;
  readonly state: (() => T) | undefined;
  readonly principal: PrincipalOf;
  readonly allowedHosts: AllowList | undefined;
  readonly allowedOrigins: AllowList | undefined;
  readonly cors: boolean;
  readonly allowDelete: boolean;
  readonly responseMode: ResponseMode;
  readonly onCrash: CrashPolicy;
  readonly sleep: boolean;
  readonly store: SessionStore;
  readonly eventStore: EventStore | undefined;
  readonly stateVersion: number;
  readonly migrate: ((state: unknown, from: number) => T) | undefined;
  readonly serialize: ((state: T) => unknown) | undefined;
  readonly deserialize: ((data: unknown) => T) | undefined;
  readonly onSleep: ((session: Session<T>) => unknown) | undefined;
  readonly onWake: ((session: Session<T>, woken: Woken) => void | Promise<void>) | undefined;
  readonly announceContent: boolean;
  readonly clock: Clock;
  readonly createId: () => string;
}

/**
 * Checks everything before anything opens.
 *
 * @throws ActorsError `bad-option`, naming the option, what it takes and what came
 */
export function settle<T>(options: RuntimeOptions<T>): Settings<T> {
  check('server', 'a factory function, not an instance', options.server, isFunction);
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    const value = options[name];
    if (value === undefined) continue;
    const infinite = MAY_BE_INFINITE.has(name);
    // Durations may be fractions; what is counted may not.
    const what = name.endsWith('Ms') ? 'a finite number' : 'an integer';
    check(name, `${what} > 0${infinite ? ' or Infinity' : ''}`, value, (v) => {
      if (typeof v !== 'number' || v <= 0) return false;
      if (v === Infinity) return infinite;
      return name.endsWith('Ms') ? Number.isFinite(v) : Number.isSafeInteger(v);
    });
    limits[name] = value;
  }
  const { responseMode = 'auto', onCrash = 'evict' } = options;
  check('responseMode', "'auto', 'sse' or 'json'", responseMode, (v) =>
    ['auto', 'sse', 'json'].includes(v as string),
  );
  check('onCrash', "'evict', 'restart' or { restarts, withinMs }", onCrash, isCrashPolicy);
  for (const name of FUNCTIONS) {
    check(name, 'a function', options[name], (v) => v === undefined || isFunction(v));
  }
  for (const name of ['allowedHosts', 'allowedOrigins'] as const) {
    check(name, "an array of names or 'any'", options[name], (v) => {
      return v === undefined || v === 'any' || Array.isArray(v);
    });
  }
  const { sleep = true, store = new MemoryStore(), stateVersion = 1 } = options;
  check('sleep', 'true or false', sleep, (v) => typeof v === 'boolean');
  check('store', 'a SessionStore', store, isStore);
  check('eventStore', 'an EventStore of the SDK', options.eventStore, (v) => {
    return v === undefined || isFunction((v as Partial<EventStore>).storeEvent);
  });
  check(
    'stateVersion',
    'an integer > 0',
    stateVersion,
    (v) => Number.isSafeInteger(v) && (v as number) > 0,
  );
  if (store.isDurable) {
    limits.sseAfterMs = options.sseAfterMs ?? DURABLE_LIMITS.sseAfterMs;
    limits.retryMs = options.retryMs ?? DURABLE_LIMITS.retryMs;
  }
  return {
    ...limits,
    server: options.server,
    sleep,
    store,
    eventStore: options.eventStore,
    stateVersion,
    migrate: options.migrate,
    serialize: options.serialize,
    deserialize: options.deserialize,
    onSleep: options.onSleep,
    onWake: options.onWake,
    state: options.state,
    principal: options.principal ?? principalOf,
    allowedHosts: options.allowedHosts,
    allowedOrigins: options.allowedOrigins,
    cors: options.cors ?? false,
    allowDelete: options.allowDelete ?? true,
    responseMode,
    onCrash: onCrash === 'restart' ? { restarts: 3, withinMs: 60_000 } : onCrash,
    announceContent: options.announceContent === true,
    clock: options.clock ?? systemClock,
    createId: options.createId ?? randomId,
  };
}

/** Issuer, subject and client: what stays the same when a token is refreshed. */
const principalOf: PrincipalOf = (authInfo) => {
  if (authInfo === undefined) return undefined;
  const { iss, sub } = authInfo.extra ?? {};
  // An array as JSON and not a joined string: `a:b` + `c` must not meet `a` + `b:c`.
  return sub === undefined && !authInfo.clientId
    ? ''
    : JSON.stringify([iss ?? null, sub ?? null, authInfo.clientId]);
};

function check(
  name: string,
  expected: string,
  value: unknown,
  test: (value: unknown) => boolean,
): void {
  if (test(value)) return;
  throw new ActorsError('bad-option', `${name} must be ${expected}, got ${describe(value)}`);
}

function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isStore(value: unknown): boolean {
  const { get, write } = value as Partial<SessionStore>;
  return isFunction(get) && isFunction(write);
}

function isCrashPolicy(value: unknown): boolean {
  if (value === 'evict' || value === 'restart') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { restarts, withinMs } = value as { restarts?: unknown; withinMs?: unknown };
  return (
    typeof restarts === 'number' && typeof withinMs === 'number' && restarts > 0 && withinMs > 0
  );
}
