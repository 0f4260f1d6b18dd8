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
  unreachableAfterMs: number;
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
  sseRetryMs: number;
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
  unreachableAfterMs: 10_000,
  keepAliveMs: 15_000,
  sseAfterMs: 1000,
  sseRetryMs: 1000,
  maxLogEntries: 64,
  maxHistory: 1024,
};

/**
 * Where streams outlive the process, a call becomes one soon: plain JSON can not be resumed. And
 * its client comes back when there may be a process again.
 */
export const DURABLE_LIMITS = { sseAfterMs: 50, sseRetryMs: 3000 } as const;

/** Limits whose `Infinity` means "never" or "all": the others bound memory and must be finite. */
export const MAY_BE_INFINITE: ReadonlySet<string> = new Set<keyof Limits>([
  'concurrency',
  'idleTimeoutMs',
  'evictAfterMs',
  'sseAfterMs',
  'keepAliveMs',
]);
