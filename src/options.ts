import type { EventStore } from './store/eventStore.ts';
import type { CrashPolicy } from './actor/intensity.ts';
import { type Clock, systemClock } from './base/clock.ts';
import { check, settleLimits } from './base/check.ts';
import { ActorsError } from './base/errors.ts';
import type { Cluster } from './directory/cluster.ts';
import { isNodeName, randomFraction, randomId } from './base/ids.ts';
import {
  DEFAULT_LIMITS,
  DURABLE_LIMITS,
  type Limits,
  MAY_BE_INFINITE,
  sharesOf,
} from './base/limits.ts';
import type { LoopMonitor } from './events/loopGuard.ts';
import type { ResponseMode } from './http/httpExchange.ts';
import { defaultPrincipal, type PrincipalOf } from './http/principal.ts';
import { type MachineOptions, type MachineSettings, settleMachine } from './machine/options.ts';
import { type ModernOptions, type ModernSettings, settleModern } from './modern/options.ts';
import { settleTasks, type TaskOptions, type TaskSettings } from './modern/taskOptions.ts';
import type { ServerFactory, Session, Woken } from './session/session.ts';
import type { StateSettings } from './session/world.ts';
import { MemoryStore } from './store/memoryStore.ts';
import type { SessionStore } from './store/store.ts';
import { type CorsOptions, isCors } from './wire/cors.ts';
import type { AllowList } from './wire/origin.ts';

/** How the state of a session is made, stored and read. */
export interface StateOptions<T> {
  readonly create: () => T;
  /**
   * Version of the state that this program writes, an integer > 0; a state stored with another
   * version is migrated. @default 1
   */
  readonly version?: number;
  /** Makes a state of this version from a state that another version of the program stored. */
  readonly migrate?: (state: unknown, from: number) => T;
  /** Turns a state that is not plain data into plain data, for the store. */
  readonly encode?: (state: T) => unknown;
  /** Makes a state of the plain data that `encode` has returned. */
  readonly decode?: (data: unknown) => T;
}

/** Options of {@link createRuntime}. Everything but `server` has a default. */
export interface RuntimeOptions<T = undefined, M = unknown> extends Partial<Limits> {
  /** Makes the server of one session: a fresh server each time, v1 or v2, low or high level. */
  readonly server: ServerFactory<T, M>;
  /**
   * Makes the state of one session; as an object, says as well how the state is stored and read.
   */
  readonly state?: (() => T) | StateOptions<T>;
  /**
   * A machine of XState: each session has an actor of the machine, as `session.actor`. As an object,
   * says as well how the actor is stored and read.
   */
  readonly machine?: M | MachineOptions<M>;
  /** Makes the input of a session's actor. */
  readonly input?: (session: Session<T, M>) => unknown;
  /**
   * Names the principal of a caller. The name must not change when a token is refreshed.
   * @default issuer, subject and client of `authInfo`; anonymous without it
   */
  readonly principal?: PrincipalOf;
  /** Host names the server answers to. @default loopback names */
  readonly allowedHosts?: AllowList;
  /** Origins of pages that may call the server. @default pages of the allowed hosts */
  readonly allowedOrigins?: AllowList;
  /**
   * Whether preflights are answered and allowed origins get CORS headers; as an object, which
   * headers of your own and whether credentials are among what is allowed. @default false
   */
  readonly cors?: boolean | CorsOptions;
  /** Whether clients may end their session with DELETE. @default true */
  readonly allowDelete?: boolean;
  /** How answers travel: as JSON, or as an event stream. @default 'auto' */
  readonly responseMode?: ResponseMode;
  /**
   * What a crash does to the session: `'evict'` ends it, `'restart'` rebuilds its server up to 3
   * times within a minute. @default 'evict'
   */
  readonly onCrash?: 'restart' | CrashPolicy;
  /** Whether an idle session gives up its server and keeps a small record instead. @default true */
  readonly sleep?: boolean;
  /**
   * Whether a list of tools, prompts, resources or resource templates that the server of one session
   * has made is given to the other sessions of the same principal, without asking their servers: those
   * whose clients declare the same name, protocol version and capabilities. For factories that build
   * the same for each of them. A session that announces `list_changed`, was rebuilt or has actors asks
   * its own server. @default false
   */
  readonly sharedLists?: boolean;
  /**
   * Where sessions are kept while they have no server. In a durable store they survive the process.
   * The runtime closes the store. @default memory
   */
  readonly store?: SessionStore;
  /**
   * Makes this process one of several with one set of sessions: `redisCluster` of `mcp-actors/redis`,
   * `memoryCluster` of `mcp-actors/cluster`. In the place of `store`. @default this process is alone
   */
  readonly cluster?: Cluster;
  /**
   * An event store of the SDK, for events that the replay log has dropped. Each session reaches
   * only its own streams in it. The store must give events back in the order it was given them.
   */
  readonly eventStore?: EventStore;
  /**
   * Runs when an idle session is about to lose its server, and lets the session sleep though it
   * owns resources, which are then released. Returns plain data to keep, or `false` to stay awake.
   */
  readonly onSleep?: (session: Session<T, M>) => unknown;
  /** Runs when a session's next server is there, before any message reaches it. */
  readonly onWake?: (session: Session<T, M>, woken: Woken) => void | Promise<void>;
  /**
   * Whether events of `message` carry the message itself as text, with arguments and results.
   * @default false
   */
  readonly announceContent?: boolean;
  /**
   * Whether what goes wrong (a crash, a factory or `principal` that throws, a store that fails, a
   * refused host) is reported as a warning of the process, once for each cause, whoever else
   * listens. @default true
   */
  readonly report?: boolean;
  /**
   * Whether, and how, the stateless revision 2026-07-28 is served beside sessions, on the same URL.
   * @default true
   */
  readonly modern?: boolean | ModernOptions;
  /**
   * When tool calls of the stateless revision become tasks, for clients that know tasks. Off without
   * the option; `{}` has the defaults.
   */
  readonly tasks?: TaskOptions;
  /**
   * Seals what travels through clients of the stateless revision: 32 characters or more. Of several,
   * the first seals and all open. Processes behind one URL have the same. @default random: kept in a
   * durable store, or for this process alone
   */
  readonly secret?: string | readonly string[];
  /**
   * Names this process in what clients of several processes hold, so that a balancer can route by it:
   * handles, `session` arguments, tasks (`n1-…`) and tokens (`r1.n1.…`). 1 to 16 of a-z and 0-9.
   * @default none: no id says where it is from
   */
  readonly node?: string;
  /** Time for every deadline of the runtime; tests give a virtual clock. @default the system's */
  readonly clock?: Clock;
  /**
   * Measures how late the event loop is, for `maxLoopDelayMs`. The doors of Node bring one, which
   * is `nodeLoopMonitor` of `mcp-actors/node`. @default none before a door does
   */
  readonly loopMonitor?: LoopMonitor;
  /** Mints session ids: visible ASCII, at least 128 random bits. @default a random id */
  readonly createId?: () => string;
  /**
   * Draws who gives way where callers can not be told apart: numbers from 0 up to 1, not to be
   * guessed. Tests give a sequence of their own. @default the host's
   */
  readonly random?: () => number;
}

/**
 * What a factory that takes sessions with a state asks of the options: the `state` that makes one.
 *
 * @template T the state that the factory's sessions have
 */
export type StateOf<T> = undefined extends T
  ? unknown
  : { readonly state: (() => T) | StateOptions<T> };

const DEFAULTS = {
  principal: defaultPrincipal,
  cors: false,
  allowDelete: true,
  responseMode: 'auto',
  sleep: true,
  sharedLists: false,
  announceContent: false,
  report: true,
  clock: systemClock,
  createId: randomId,
  random: randomFraction,
} as const;

type Defaulted = keyof typeof DEFAULTS;

/** The options after the checks, with every default filled in. */
export type Settings<T> = Omit<
  RuntimeOptions<T>,
  | keyof Limits
  | Defaulted
  | 'state'
  | 'machine'
  | 'input'
  | 'store'
  | 'onCrash'
  | 'modern'
  | 'secret'
  | 'tasks'
> &
  Required<Pick<RuntimeOptions<T>, Defaulted>> & {
    readonly state: StateSettings<T>;
    /** `null`: sessions have no actor of their own. */
    readonly machine: MachineSettings | null;
    readonly store: SessionStore;
    readonly onCrash: CrashPolicy;
    readonly limits: Limits;
    /** `null`: only sessions are served. */
    readonly modern: ModernSettings | null;
    readonly secrets: readonly string[];
    /** `null`: no call becomes a task. */
    readonly tasks: TaskSettings | null;
  };

/** What each option but limits, `server` and `state` takes, in words and as a test. */
const CHECKS: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  responseMode: ["'auto', 'sse' or 'json'", isResponseMode],
  onCrash: ["'evict', 'restart' or { restarts, withinMs }", isCrashPolicy],
  principal: ['a function', isFunction],
  createId: ['a function', isFunction],
  node: ['1 to 16 characters of a-z and 0-9', isNodeName],
  random: ['a function', isFunction],
  loopMonitor: ['an object with watch(report)', isLoopMonitor],
  onSleep: ['a function', isFunction],
  onWake: ['a function', isFunction],
  allowedHosts: ["an array of names or 'any'", isAllowList],
  allowedOrigins: ["an array of names or 'any'", isAllowList],
  cors: ['true, false or { headers, expose, maxAge, credentials }', isCors],
  sleep: ['true or false', isBoolean],
  sharedLists: ['true or false', isBoolean],
  report: ['true or false', isBoolean],
  store: ['a SessionStore', isStore],
  cluster: ['a cluster of mcp-actors/redis or mcp-actors/cluster', isCluster],
  eventStore: ['an EventStore of the SDK', isEventStore],
};

/**
 * Checks all options before anything opens, and fills in the defaults.
 *
 * @throws ActorsError `bad-option`, naming the option, what it takes and what came
 */
export function settle<T>(options: RuntimeOptions<T>): Settings<T> {
  check('server', 'a factory function, not an instance', options.server, isFunction);
  checkOptions(options);
  checkCredentials(options);
  const { cluster, onCrash = 'evict' } = options;
  if (cluster !== undefined && options.store !== undefined) {
    throw new ActorsError('bad-option', 'store and cluster: a cluster has a store of its own');
  }
  const { store = cluster?.store ?? new MemoryStore() } = options;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    ...DEFAULTS,
    // Each has passed its check.
    ...(Object.fromEntries(given) as unknown as RuntimeOptions<T>),
    // A configuration file may hand over the text of a boolean.
    announceContent: options.announceContent === true,
    state: stateOf(options.state),
    machine: settleMachine(options.machine, options.input as MachineSettings['input']),
    store,
    onCrash: policyOf(onCrash),
    modern: settleModern(options.modern, (options.state ?? options.machine) !== undefined),
    secrets: secretsOf(options.secret ?? cluster?.secrets),
    tasks: settleTasks(options.tasks),
    limits: limitsOf(options, store.isDurable),
  };
}

/**
 * Checks each option that can be checked by itself.
 *
 * @throws ActorsError `bad-option`
 */
export function checkOptions(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, [expected, test]] of Object.entries(CHECKS)) {
    if (given[name] !== undefined) check(name, expected, given[name], test);
  }
}

export function policyOf(onCrash: 'restart' | CrashPolicy): CrashPolicy {
  return onCrash === 'restart' ? { restarts: 3, withinMs: 60_000 } : onCrash;
}

/**
 * Checks the limits that the user has given, and fills in the defaults.
 *
 * @throws ActorsError `bad-option`
 */
export function limitsOf(options: Partial<Limits>, isDurable: boolean): Limits {
  const defaults = { ...DEFAULT_LIMITS, ...(isDurable && DURABLE_LIMITS) };
  const limits = settleLimits(defaults, options, MAY_BE_INFINITE);
  return settleLimits({ ...limits, ...sharesOf(limits) }, options, MAY_BE_INFINITE);
}

/** With credentials, a page of any origin would act as whoever looks at it. */
function checkCredentials({
  cors,
  allowedOrigins,
}: Pick<RuntimeOptions, 'cors' | 'allowedOrigins'>): void {
  if (typeof cors !== 'object' || cors.credentials !== true) return;
  check('allowedOrigins', 'a list, because cors.credentials is on', allowedOrigins, isNotAny);
}

/** Shorter secrets can be guessed. */
const MIN_SECRET = 32;

function secretsOf(secret: string | readonly string[] | undefined): readonly string[] {
  const secrets: readonly unknown[] = secret === undefined ? [] : [secret].flat();
  for (const each of secrets) {
    const isLong = typeof each === 'string' && each.length >= MIN_SECRET;
    // Not what came: it may be a secret.
    if (!isLong) throw new ActorsError('bad-option', 'secret must be 32 characters or more');
  }
  return secrets as readonly string[];
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
    (v) => Number.isSafeInteger(v) && Number(v) > 0,
  );
  for (const [name, value] of Object.entries({ migrate, encode, decode })) {
    if (value !== undefined) check(`state.${name}`, 'a function', value, isFunction);
  }
  return { create, version, migrate, encode, decode };
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isStore(value: unknown): boolean {
  const { get, write } = value as Partial<SessionStore>;
  return isFunction(get) && isFunction(write);
}

function isCluster(value: unknown): boolean {
  const { ownership, open } = value as Partial<Cluster>;
  return typeof ownership === 'object' && isFunction(open);
}

function isLoopMonitor(value: unknown): boolean {
  return isFunction((value as Partial<LoopMonitor> | null)?.watch);
}

function isEventStore(value: unknown): boolean {
  return isFunction((value as Partial<EventStore>).storeEvent);
}

function isResponseMode(value: unknown): boolean {
  return value === 'auto' || value === 'sse' || value === 'json';
}

function isAllowList(value: unknown): boolean {
  return value === 'any' || Array.isArray(value);
}

function isNotAny(value: unknown): boolean {
  return value !== 'any';
}

function isCrashPolicy(value: unknown): boolean {
  if (value === 'evict' || value === 'restart') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { restarts, withinMs } = value as { restarts?: unknown; withinMs?: unknown };
  return (
    typeof restarts === 'number' && typeof withinMs === 'number' && restarts > 0 && withinMs > 0
  );
}
