import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { type Clock, systemClock } from './clock.ts';
import { ActorsError } from './errors.ts';
import { randomId } from './ids.ts';
import type { ServerFactory, Session } from './session.ts';
import type { Woken } from './sleep/keeping.ts';
import { MemoryStore } from './sleep/memoryStore.ts';
import type { SessionStore } from './sleep/store.ts';
import type { RequestHead } from './wire/headers.ts';
import type { AllowList } from './wire/origin.ts';

/** Numbers a runtime holds to. Durations end in `Ms`, sizes in `Bytes`. */
export interface Limits {
  /** Largest request body, declared or counted. @default 4 MiB */
  maxBodyBytes: number;
  /** Largest `initialize`, which a session keeps for as long as it lives. @default 64 KiB */
  maxInitializeBytes: number;
  /**
   * Subscriptions one session keeps to renew them when its server is rebuilt. More are served and
   * not renewed. @default 64 KiB
   */
  maxSubscriptionBytes: number;
  /** Deepest nesting in a body. @default 64 */
  maxDepth: number;
  /** Most array elements and object members in a body. @default 20 000 */
  maxElements: number;
  /** Sessions at once. At the cap the least recently used detached idle one goes. @default 10 000 */
  maxSessions: number;
  /** Sessions of one authenticated principal; anonymous callers are not capped. @default 256 */
  maxSessionsPerPrincipal: number;
  /** Sessions whose client has not confirmed its handshake. @default 256 */
  maxHandshakes: number;
  /** Requests of one session accepted and not yet answered; more are refused. @default 64 */
  maxInFlight: number;
  /** Handlers of one session that run at once; others wait. 1 is strictly serial. @default Infinity */
  concurrency: number;
  /** Messages of one session that wait for a server or for a free handler. @default 256 */
  maxQueue: number;
  /** Resources one session may own. @default 1024 */
  maxResources: number;
  /** Bytes a client may leave unread on an event stream before it is cut. @default 1 MiB */
  maxStreamBytes: number;
  /**
   * Bytes of whole answers a session's client may leave unread; the oldest are cut. On a line of its
   * own (WebSocket, stdio, legacy SSE) bytes of anything, and the line is cut. @default 8 MiB
   */
  maxUnreadBytes: number;
  /** Events kept for resumption, per session. @default 256 */
  maxReplayEvents: number;
  /** Bytes kept for resumption, per session. @default 1 MiB */
  maxReplayBytes: number;
  /** How long an event can be resumed. @default 5 min */
  replayMs: number;
  /** From `initialize` to `notifications/initialized` or the first request. @default 60 s */
  handshakeTimeoutMs: number;
  /** How long zero references last before a session counts as idle. @default 1 s */
  quietMs: number;
  /**
   * How long an idle session keeps its server; then it sleeps or, where `sleep` is off and no stream
   * of it is open, ends. `Infinity` keeps it. @default 5 min
   */
  idleTimeoutMs: number;
  /**
   * How long a session is kept after that: asleep, or with the server it can not give up. One with
   * an open stream is kept for as long as that. @default 30 min
   */
  evictAfterMs: number;
  /** Sessions asleep at once; of more, those that slept longest end. @default 100 000 */
  maxSleeping: number;
  /** The same for one authenticated principal; anonymous callers are not capped. @default 1024 */
  maxSleepingPerPrincipal: number;
  /** Bytes of the handshakes that those asleep in memory keep; equal ones count once. @default 64 MiB */
  maxSleepingBytes: number;
  /** How long a change may wait to be stored where no answer waits for it. @default 100 ms */
  writeBehindMs: number;
  /** How long whoever needs the session store waits for it. @default 10 s */
  storeTimeoutMs: number;
  /** How long work in flight may go on once a session is closing. @default 5 s */
  closeTimeoutMs: number;
  /** How long a question to the client waits for a stream it can travel on. @default 10 s */
  resumeWithinMs: number;
  /** Comment frames on open streams. @default 15 s */
  keepAliveMs: number;
  /**
   * A call that lasts longer answers as a resumable stream.
   * @default 1 s; 50 ms where the store is durable, so that whatever lasts survives the process
   */
  sseAfterMs: number;
  /**
   * What a client is told to wait before it resumes. Those of the SDK try twice and give up.
   * @default 1 s; 3 s where the store is durable, so that both tries outlast a restart
   */
  retryMs: number;
  /** Entries of a session's RPC log. @default 64 */
  maxLogEntries: number;
  /** Dead letters and tombstones kept for viewing, per runtime. @default 1024 */
  maxHistory: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 4 * 1024 * 1024,
  maxInitializeBytes: 64 * 1024,
  maxSubscriptionBytes: 64 * 1024,
  maxDepth: 64,
  maxElements: 20_000,
  maxSessions: 10_000,
  maxSessionsPerPrincipal: 256,
  maxHandshakes: 256,
  maxInFlight: 64,
  concurrency: Infinity,
  maxQueue: 256,
  maxResources: 1024,
  maxStreamBytes: 1024 * 1024,
  maxUnreadBytes: 8 * 1024 * 1024,
  maxReplayEvents: 256,
  maxReplayBytes: 1024 * 1024,
  replayMs: 5 * 60_000,
  handshakeTimeoutMs: 60_000,
  quietMs: 1000,
  idleTimeoutMs: 5 * 60_000,
  evictAfterMs: 30 * 60_000,
  maxSleeping: 100_000,
  maxSleepingPerPrincipal: 1024,
  maxSleepingBytes: 64 * 1024 * 1024,
  writeBehindMs: 100,
  storeTimeoutMs: 10_000,
  closeTimeoutMs: 5000,
  resumeWithinMs: 10_000,
  keepAliveMs: 15_000,
  sseAfterMs: 1000,
  retryMs: 1000,
  maxLogEntries: 64,
  maxHistory: 1024,
};

/**
 * Where streams outlive the process, a call becomes one soon: plain JSON can not be resumed. And
 * its client comes back when there may be a process again.
 */
const DURABLE_LIMITS = { sseAfterMs: 50, retryMs: 3000 } as const;

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

/** Limits whose `Infinity` means "never" or "all": the others bound memory and must be finite. */
const MAY_BE_INFINITE: ReadonlySet<string> = new Set<keyof Limits>([
  'concurrency',
  'idleTimeoutMs',
  'evictAfterMs',
  'sseAfterMs',
  'keepAliveMs',
]);

/** Who a caller is: a stable name, or `undefined` for the anonymous principal. */
export type PrincipalOf = (
  authInfo: AuthInfo | undefined,
  request: RequestHead,
) => string | undefined;

/** How a request's answer travels. */
export type ResponseMode =
  /**
   * JSON; an event stream as soon as the handler emits something, after `sseAfterMs`, or where the
   * client names `text/event-stream` first in `Accept`
   */
  | 'auto'
  /** always an event stream */
  | 'sse'
  /** always JSON; what a handler emits goes to the GET stream */
  | 'json';

/** What a crash does to its session. */
export type CrashPolicy =
  | 'evict'
  | {
      /** Restarts allowed `withinMs`; one more ends the session. */
      readonly restarts: number;
      readonly withinMs: number;
    };

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
