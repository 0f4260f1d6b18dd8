import { END_REASONS, type EndReason } from '../../machines/session.ts';
import type { ClusterStats } from './clusterStats.ts';
import { DEAD_LETTER_REASONS, PINNED_BY, UNSTORABLE } from './events.ts';

/** The states by which living sessions are counted; `idle` does not include `asleep`. */
export const COUNTED_STATES = ['initializing', 'active', 'idle', 'asleep', 'closing'] as const;
export type CountedState = (typeof COUNTED_STATES)[number];

/**
 * What the state of a path counts as; `undefined` before a session's beginning and after its end.
 */
export function countedState(path: string): CountedState | undefined {
  if (path === 'idle.asleep') return 'asleep';
  const [top] = path.split('.', 1);
  return COUNTED_STATES.find((state) => state === top);
}

/** The handles of one kind. Counts since the runtime began, unless said otherwise. */
export interface HandleStats extends Readonly<Record<CountedState, number>> {
  /** Now, in all states. */
  readonly total: number;
  readonly opened: number;
  /** By the reason of the end. */
  readonly ended: Readonly<Record<EndReason, number>>;
  /** Those that left in a drain, and that a durable store has. */
  readonly kept: number;
  /** Those that could not be opened, or whose code or resources failed. */
  readonly failed: number;
  readonly slept: number;
  readonly woken: number;
}

/** What `runtime.stats()` returns: a copy. Counts since the runtime began, unless said otherwise. */
export interface RuntimeStats extends Readonly<
  Omit<Counters, 'copy' | 'cut' | 'incomplete' | 'moved' | 'sessions'>
> {
  /** Now, by state. */
  readonly sessions: Readonly<Record<CountedState, number>> & { readonly total: number };
  /** Of a process of a cluster; `undefined` where there is one process. */
  readonly cluster: ClusterStats | undefined;
  /** The handles, by their kind. */
  readonly handles: Readonly<Record<string, HandleStats>>;
}

/** The counters of a runtime. Keys come from closed sets of this library, never from the wire. */
export class Counters {
  /** Now, by state. */
  readonly sessions = zeros(COUNTED_STATES);
  spawned = 0;
  readonly evicted = zeros(END_REASONS);
  /** Sessions that left in a drain and go on in the next process. */
  kept = 0;
  crashes = 0;
  restarts = 0;
  /** Servers released because nobody used them. */
  slept = 0;
  /** Servers rebuilt after sleep, or by a process other than the one that built the last server. */
  woken = 0;
  /** Now: idle sessions that keep their server, by what keeps it. */
  readonly pinned = zeros(PINNED_BY);
  /** What a durable store could not keep of a session, by what it is. */
  readonly unstorable = zeros(UNSTORABLE);
  /** Lazy resources released because nobody used them. */
  freed = 0;
  /** Resources, handlers and servers that outlived their session or their release's deadline. */
  orphans = 0;
  /** Errors that nobody caught and no session was ended for. */
  escaped = 0;
  /** Requests accepted. */
  calls = 0;
  /** Requests for a list that another session's server had made: see the option `sharedLists`. */
  sharedLists = 0;
  /** Now: requests accepted and not yet answered. */
  inFlight = 0;
  /** Now: bytes of messages that wait, with requests not answered; and of bodies on their way. */
  readonly bytesIn = { messages: 0, bodies: 0 };
  /** Now: open event streams. */
  streams = 0;
  /** Now: sessions whose client has not confirmed its handshake. */
  handshakes = 0;
  /** Now: connections of one session each (WebSocket, legacy SSE, stdio) that wait for `initialize`. */
  silentConnections = 0;
  /** Now: the longest delay of the event loop in the last half second; 0 where nobody measures. */
  loopDelayMs = 0;
  /** The stateless revision. */
  readonly modern = {
    /** Requests that came without a session. */
    requests: 0,
    /** Notifications taken and dropped: the revision has none for a server over HTTP. */
    notifications: 0,
    /** Calls that began to wait for their client. */
    parked: 0,
    /** Calls whose client came back with answers. */
    claimed: 0,
    /** Calls whose client did not come back in time. */
    abandoned: 0,
    /** Clients that came back for a call that is not here any more. */
    lost: 0,
    /** Lost calls that were run again. */
    rerun: 0,
    /** Tokens that were forged, another's, of another call, or used already. */
    invalidStates: 0,
    /** Calls that became tasks. */
    tasks: 0,
    /** Now: calls that wait for their client. */
    waiting: 0,
    /** Now: tasks that are not finished. */
    tasksRunning: 0,
    /** Now: open `subscriptions/listen`. */
    listens: 0,
    /** Sessions that ended with what user code had put there, because nobody can name them. */
    forgotten: 0,
  };
  readonly deadLetters = zeros(DEAD_LETTER_REASONS);
  /** How often each limit was met, by the option's name. */
  readonly limits: Record<string, number> = {};
  /** Refused admissions, by their code. */
  readonly refusals: Record<string, number> = {};
  /** The most that any one session has had at once. */
  readonly highWater = { inFlight: 0, queue: 0, stash: 0 };
  /** Requests that got an error because their session closed; what a drain reports. */
  cut = 0;
  /** Kept sessions whose locals the store could not keep, or not all. */
  incomplete = 0;

  /** A session went from one state to another. */
  moved(from: CountedState | undefined, to: CountedState | undefined): void {
    if (from !== undefined) this.sessions[from]--;
    if (to !== undefined) this.sessions[to]++;
  }

  copy(): RuntimeStats {
    const { cut: _cut, incomplete: _incomplete, ...counts } = structuredClone<Counters>(this);
    const total = Object.values(counts.sessions).reduce((sum, each) => sum + each, 0);
    return { ...counts, sessions: { ...counts.sessions, total }, cluster: undefined, handles: {} };
  }
}

/** Adds one to a counter named by this library. */
export function count(counters: Record<string, number>, name: string): void {
  counters[name] = (counters[name] ?? 0) + 1;
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
