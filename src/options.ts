import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { CrashPolicy } from './actor/intensity.ts';
import { type Clock, systemClock } from './base/clock.ts';
import { ActorsError } from './base/errors.ts';
import { randomId } from './base/ids.ts';
import { DEFAULT_LIMITS, DURABLE_LIMITS, type Limits, MAY_BE_INFINITE } from './base/limits.ts';
import type { ResponseMode } from './http/httpExchange.ts';
import { defaultPrincipal, type PrincipalOf } from './http/principal.ts';
import type { ServerFactory, Session, Woken } from './session/session.ts';
import type { StateSettings } from './session/world.ts';
import { MemoryStore } from './store/memoryStore.ts';
import type { SessionStore } from './store/store.ts';
import type { AllowList } from './wire/origin.ts';

/** How the state of a session is made, stored and read. */
export interface StateOptions<T> {
  readonly create: () => T;
  /** Of the state that this program writes; what was written with another one is migrated. @default 1 */
  readonly version?: number;
  /** Makes a state of this version from one that another version of the program stored. */
  readonly migrate?: (state: unknown, from: number) => T;
  /** Makes plain data of a state that is none, for the store. */
  readonly encode?: (state: T) => unknown;
  /** Makes a state of plain data again. */
  readonly decode?: (data: unknown) => T;
}

/** What {@link createRuntime} takes. Everything but `server` has a default. */
export interface RuntimeOptions<T = undefined> extends Partial<Limits> {
  /** Makes the server of one session: a fresh one each time, v1 or v2, low or high level. */
  readonly server: ServerFactory<T>;
  /** Makes the state of one session; or says as well how it is stored and read. */
  readonly state?: (() => T) | StateOptions<T>;
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

const DEFAULTS = {
  principal: defaultPrincipal,
  cors: false,
  allowDelete: true,
  responseMode: 'auto',
  sleep: true,
  announceContent: false,
  clock: systemClock,
  createId: randomId,
} as const;

type Defaulted = keyof typeof DEFAULTS;

type Complete<O> = { readonly [K in keyof O]-?: O[K] | undefined };

/** Options after the checks: every field present. */
export type Settings<T> = Required<Pick<RuntimeOptions<T>, Defaulted>> &
  Complete<
    Pick<RuntimeOptions<T>, 'allowedHosts' | 'allowedOrigins' | 'eventStore' | 'onSleep' | 'onWake'>
  > & {
    readonly server: ServerFactory<T>;
    readonly state: StateSettings<T>;
    readonly store: SessionStore;
    readonly onCrash: CrashPolicy;
    readonly limits: Limits;
  };

const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isOptional =
  (test: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || test(value);

/** What each option but the limits takes, in words and as a test; `server` and `state` stand apart. */
const CHECKS: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  responseMode: [
    "'auto', 'sse' or 'json'",
    (value) => ['auto', 'sse', 'json'].includes(value as string),
  ],
  onCrash: ["'evict', 'restart' or { restarts, withinMs }", isCrashPolicy],
  principal: ['a function', isFunction],
  createId: ['a function', isFunction],
  onSleep: ['a function', isFunction],
  onWake: ['a function', isFunction],
  allowedHosts: ["an array of names or 'any'", isAllowList],
  allowedOrigins: ["an array of names or 'any'", isAllowList],
  sleep: ['true or false', isBoolean],
  store: ['a SessionStore', isStore],
  eventStore: [
    'an EventStore of the SDK',
    (value) => isFunction((value as Partial<EventStore>).storeEvent),
  ],
};

/**
 * Checks everything before anything opens.
 *
 * @throws ActorsError `bad-option`, naming the option, what it takes and what came
 */
export function settle<T>(options: RuntimeOptions<T>): Settings<T> {
  check('server', 'a factory function, not an instance', options.server, isFunction);
  checkOptions(options);
  const { store = new MemoryStore(), onCrash = 'evict' } = options;
  const { allowedHosts, allowedOrigins, eventStore, onSleep, onWake } = options;
  return {
    ...DEFAULTS,
    ...onlyKnown(options),
    // What a configuration file hands over may be the text of a boolean.
    announceContent: options.announceContent === true,
    allowedHosts,
    allowedOrigins,
    eventStore,
    onSleep,
    onWake,
    server: options.server,
    state: stateOf(options.state),
    store,
    onCrash: policyOf(onCrash),
    limits: limitsOf(options, store.isDurable),
  };
}

/**
 * Checks the options that are checked by themselves.
 *
 * @throws ActorsError `bad-option`
 */
export function checkOptions(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, [expected, test]] of Object.entries(CHECKS)) {
    check(name, expected, given[name], isOptional(test));
  }
}

export function policyOf(onCrash: 'restart' | CrashPolicy): CrashPolicy {
  return onCrash === 'restart' ? { restarts: 3, withinMs: 60_000 } : onCrash;
}

/** The options with a default that were given. */
function onlyKnown<T>(options: RuntimeOptions<T>): Partial<Pick<RuntimeOptions<T>, Defaulted>> {
  const names = Object.keys(DEFAULTS) as Defaulted[];
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

/**
 * Limits with their defaults.
 *
 * @throws ActorsError `bad-option`
 */
export function limitsOf(options: Partial<Limits>, isDurable: boolean): Limits {
  const limits = { ...DEFAULT_LIMITS, ...(isDurable && DURABLE_LIMITS) };
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
  return limits;
}

function stateOf<T>(state: RuntimeOptions<T>['state']): StateSettings<T> {
  check('state', 'a function, or { create } and how it is stored', state, (value) => {
    const { create } = (value ?? {}) as { readonly create?: unknown };
    return value === undefined || isFunction(value) || isFunction(create);
  });
  const options: Partial<StateOptions<T>> =
    typeof state === 'function' ? { create: state } : (state ?? {});
  const { create, version = 1, migrate, encode, decode } = options;
  check(
    'state.version',
    'an integer > 0',
    version,
    (v) => Number.isSafeInteger(v) && (v as number) > 0,
  );
  for (const [name, value] of Object.entries({ migrate, encode, decode })) {
    check(`state.${name}`, 'a function', value, isOptional(isFunction));
  }
  return { create, version, migrate, encode, decode };
}

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

function isAllowList(value: unknown): boolean {
  return value === 'any' || Array.isArray(value);
}

function isCrashPolicy(value: unknown): boolean {
  if (value === 'evict' || value === 'restart') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { restarts, withinMs } = value as { restarts?: unknown; withinMs?: unknown };
  return (
    typeof restarts === 'number' && typeof withinMs === 'number' && restarts > 0 && withinMs > 0
  );
}
