/** The limits a runtime holds to. Durations end in `Ms`, sizes in `Bytes`. */
export interface Limits {
  /** Largest request body, declared or counted. @default 4 MiB */
  maxBodyBytes: number;
  /** Largest `initialize`, which a session keeps for its whole life. @default 64 KiB */
  maxInitializeBytes: number;
  /**
   * Largest sum of the subscriptions a session keeps to renew when its server is rebuilt, and
   * largest `logging/setLevel` for the same. What is beyond is served and not renewed.
   * @default 64 KiB
   */
  maxSubscriptionBytes: number;
  /**
   * Largest sum of the lists that sessions share with the option `sharedLists`, as text, and of what
   * their clients say of themselves; an eighth for one principal. What is beyond is asked of servers
   * again: the lists of whoever used theirs longest ago go first.
   * @default 16 MiB
   */
  maxSharedListBytes: number;
  /** Deepest nesting in a request body. @default 64 */
  maxDepth: number;
  /** Most array elements and object members in a request body. @default 20 000 */
  maxElements: number;
  /** Sessions at once. At the cap, an idle one of whoever has most makes room. @default 10 000 */
  maxSessions: number;
  /**
   * Sessions of one authenticated principal; anonymous callers are not capped.
   * @default 256, or a quarter of `maxSessions` where that is less
   */
  maxSessionsPerPrincipal: number;
  /** Sessions at once whose client has not confirmed its handshake. @default 256 */
  maxHandshakes: number;
  /**
   * The same, of one authenticated principal; anonymous callers have no share, and one of them
   * picked at random gives way. @default an eighth of `maxHandshakes`
   */
  maxHandshakesPerPrincipal: number;
  /**
   * Connections at once (WebSocket, legacy SSE, stdio) that wait for `initialize`, or whose caller
   * is still being authenticated. @default 256
   */
  maxSilentConnections: number;
  /**
   * The same, of one authenticated principal, with `initialize` outstanding.
   * @default an eighth of `maxSilentConnections`
   */
  maxSilentConnectionsPerPrincipal: number;
  /** Requests of one session accepted and not yet answered; more are refused. @default 64 */
  maxInFlight: number;
  /**
   * Requests of all sessions of one authenticated principal that are not answered, with the
   * notifications that wait; anonymous callers are not capped. @default 1024
   */
  maxInFlightPerPrincipal: number;
  /**
   * Requests of one session within a minute, pings not counted: a minute's worth may come at once.
   * @default Infinity
   */
  maxCallsPerMinute: number;
  /** The same of all sessions of one authenticated principal. @default Infinity */
  maxCallsPerMinutePerPrincipal: number;
  /** Handlers of one session at once; others wait. 1 is strictly serial. @default Infinity */
  concurrency: number;
  /** Messages of one session that wait for a server or for a free handler. @default 256 */
  maxQueue: number;
  /**
   * Bytes of the messages of one session that wait, and of its requests that are not answered. A
   * message that is alone is taken. @default 8 MiB
   */
  maxQueueBytes: number;
  /**
   * The same of all sessions together. Where more than half is taken, a principal that holds more
   * than an eighth gets no more. @default 256 MiB
   */
  maxQueueTotalBytes: number;
  /** Resources one session may own at once. @default 1024 */
  maxResources: number;
  /** Bytes a client may leave unread on an event stream before the stream is cut. @default 1 MiB */
  maxStreamBytes: number;
  /**
   * Bytes of responses the client of a session may leave unread, event streams among them; the
   * oldest are cut. On a line of the session's own (WebSocket, stdio, legacy SSE): all unread bytes,
   * and the line is cut.
   * @default 8 MiB
   */
  maxUnreadBytes: number;
  /**
   * Bytes that the clients of all sessions of one authenticated principal may leave unread; anonymous
   * callers are not capped.
   * @default a quarter of `maxUnreadTotalBytes`
   */
  maxUnreadBytesPerPrincipal: number;
  /**
   * Bytes that the clients of all sessions together may leave unread; whoever has most is cut first.
   * @default 256 MiB
   */
  maxUnreadTotalBytes: number;
  /** How long a client may take nothing of a response that is over before it is cut. @default 30 s */
  unreadTimeoutMs: number;
  /**
   * Times in a row that a GET stream which is open is taken over by a newer GET. Counted are takeovers
   * as far apart as a client waits before it comes back: a quarter of `sseRetryMs` to ten times.
   * @default 8
   */
  maxTakeovers: number;
  /** Events kept for resumption, per session. @default 256 */
  maxReplayEvents: number;
  /** Bytes kept for resumption, per session. @default 1 MiB */
  maxReplayBytes: number;
  /**
   * The same of all sessions together, those asleep among them; whoever has most loses its oldest.
   * @default 256 MiB
   */
  maxReplayTotalBytes: number;
  /** How long an event is kept for resumption. @default 5 min */
  replayMs: number;
  /** Time from `initialize` to `notifications/initialized` or the first request. @default 60 s */
  handshakeTimeoutMs: number;
  /** How long zero references last before a session counts as idle. @default 1 s */
  quietMs: number;
  /**
   * How long an idle session keeps its server. Then the session sleeps or, where `sleep` is off and
   * it has no open stream, ends. `Infinity` keeps the server. @default 5 min
   */
  idleTimeoutMs: number;
  /**
   * How long a session is kept after `idleTimeoutMs`: asleep, or with the server it can not give
   * up. A session with an open stream is kept for longer. @default 30 min
   */
  evictAfterMs: number;
  /**
   * How long a session that keeps its server is kept unused where its client has a stream open.
   * At the cap such a session makes room once it was unused for `evictAfterMs`. A sleeping session
   * is kept for as long as the stream. @default 24 h
   */
  evictAttachedAfterMs: number;
  /**
   * Sessions asleep at once; beyond the cap, those of whoever has most end that slept longest.
   * @default 100 000
   */
  maxSleeping: number;
  /** Sessions asleep of one authenticated principal; the anonymous are not capped. @default 1024 */
  maxSleepingPerPrincipal: number;
  /** Bytes of handshakes of sessions asleep in memory; equal ones count once. @default 64 MiB */
  maxSleepingBytes: number;
  /** How long a change waits to be stored where no answer waits for the change. @default 100 ms */
  writeBehindMs: number;
  /** How long a caller waits for the session store. @default 10 s */
  storeTimeoutMs: number;
  /**
   * Longest gap between the clock at a start and the last that a durable store has seen of it, in
   * either direction, which counts as time. Across a longer one sessions keep the time they had
   * left. `Infinity` always believes the clock. @default 5 min
   */
  maxClockGapMs: number;
  /** How long work in flight may go on in a closing session. @default 5 s */
  closeTimeoutMs: number;
  /** How long a question to the client waits for a stream it can travel on. @default 10 s */
  unreachableAfterMs: number;
  /** Time between comment frames that keep an open stream alive. @default 15 s */
  keepAliveMs: number;
  /**
   * How long a call lasts before its answer becomes a resumable stream.
   * @default 1 s; 50 ms where the store is durable, so that whatever lasts survives the process
   */
  sseAfterMs: number;
  /**
   * How long a client is told to wait before it resumes. Clients of the SDK try twice and give up.
   * @default 1 s; 3 s where the store is durable, so that both tries outlast a restart
   */
  sseRetryMs: number;
  /**
   * How late the event loop may be before new sessions are refused: twice in a row, until it is late
   * by less than half. `Infinity` admits them always. @default 500 ms
   */
  maxLoopDelayMs: number;
  /** Entries of a session's RPC log. @default 64 */
  maxLogEntries: number;
  /** Dead letters and tombstones kept for viewing, per runtime. @default 1024 */
  maxHistory: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 4 * 1024 * 1024,
  maxInitializeBytes: 64 * 1024,
  maxSubscriptionBytes: 64 * 1024,
  maxSharedListBytes: 16 * 1024 * 1024,
  maxDepth: 64,
  maxElements: 20_000,
  maxSessions: 10_000,
  maxSessionsPerPrincipal: 256,
  maxHandshakes: 256,
  maxHandshakesPerPrincipal: 32,
  maxSilentConnections: 256,
  maxSilentConnectionsPerPrincipal: 32,
  maxInFlight: 64,
  maxInFlightPerPrincipal: 1024,
  maxCallsPerMinute: Infinity,
  maxCallsPerMinutePerPrincipal: Infinity,
  concurrency: Infinity,
  maxQueue: 256,
  maxQueueBytes: 8 * 1024 * 1024,
  maxQueueTotalBytes: 256 * 1024 * 1024,
  maxResources: 1024,
  maxStreamBytes: 1024 * 1024,
  maxUnreadBytes: 8 * 1024 * 1024,
  maxUnreadBytesPerPrincipal: 64 * 1024 * 1024,
  maxUnreadTotalBytes: 256 * 1024 * 1024,
  unreadTimeoutMs: 30_000,
  maxTakeovers: 8,
  maxReplayEvents: 256,
  maxReplayBytes: 1024 * 1024,
  maxReplayTotalBytes: 256 * 1024 * 1024,
  replayMs: 5 * 60_000,
  handshakeTimeoutMs: 60_000,
  quietMs: 1000,
  idleTimeoutMs: 5 * 60_000,
  evictAfterMs: 30 * 60_000,
  evictAttachedAfterMs: 24 * 60 * 60_000,
  maxSleeping: 100_000,
  maxSleepingPerPrincipal: 1024,
  maxSleepingBytes: 64 * 1024 * 1024,
  writeBehindMs: 100,
  storeTimeoutMs: 10_000,
  maxClockGapMs: 5 * 60_000,
  closeTimeoutMs: 5000,
  unreachableAfterMs: 10_000,
  keepAliveMs: 15_000,
  sseAfterMs: 1000,
  sseRetryMs: 1000,
  maxLoopDelayMs: 500,
  maxLogEntries: 64,
  maxHistory: 1024,
};

/**
 * Defaults where streams outlive the process. A call becomes a stream soon, because plain JSON can
 * not be resumed; and the client comes back when there may be a process again.
 */
export const DURABLE_LIMITS = { sseAfterMs: 50, sseRetryMs: 3000 } as const;

/** Limits of one principal that follow from a limit of all, where only that one is given. */
export function sharesOf(limits: Limits): Partial<Limits> {
  const { maxHandshakes, maxSessions, maxSilentConnections } = limits;
  const { maxUnreadBytes, maxUnreadTotalBytes } = limits;
  const { maxSessionsPerPrincipal } = DEFAULT_LIMITS;
  return {
    maxSessionsPerPrincipal: Math.min(maxSessionsPerPrincipal, Math.ceil(maxSessions / 4)),
    maxHandshakesPerPrincipal: Math.ceil(maxHandshakes / 8),
    maxSilentConnectionsPerPrincipal: Math.ceil(maxSilentConnections / 8),
    // What one session may leave, its principal may.
    maxUnreadBytesPerPrincipal: Math.max(maxUnreadBytes, Math.ceil(maxUnreadTotalBytes / 4)),
  };
}

/** Limits whose `Infinity` means "never" or "all": the rest bound memory and must be finite. */
export const MAY_BE_INFINITE: ReadonlySet<string> = new Set<keyof Limits>([
  'concurrency',
  'maxCallsPerMinute',
  'maxCallsPerMinutePerPrincipal',
  'idleTimeoutMs',
  'evictAfterMs',
  'evictAttachedAfterMs',
  'maxClockGapMs',
  'sseAfterMs',
  'keepAliveMs',
  'maxLoopDelayMs',
]);
