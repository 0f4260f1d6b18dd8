import { END_REASONS, type EndReason } from '../../machines/session.ts';
import { DEAD_LETTER_REASONS, type DeadLetterReason, PINNED_BY, type PinnedBy } from './events.ts';

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

/** The counts of `runtime.stats()`: a copy, since the runtime began unless a field says "now". */
export interface RuntimeStats {
  /** Now: sessions by state. */
  readonly sessions: Readonly<Record<CountedState, number>> & { readonly total: number };
  readonly spawned: number;
  readonly evicted: Readonly<Record<EndReason, number>>;
  readonly crashes: number;
  readonly restarts: number;
  /** Servers released because nobody used them. */
  readonly slept: number;
  /** Servers rebuilt after sleep, or by a process other than the one that built the last server. */
  readonly woken: number;
  /** Now: idle sessions that keep their server, by what keeps it. */
  readonly pinned: Readonly<Record<PinnedBy, number>>;
  /** Resources, handlers and servers that outlived their session or their release's deadline. */
  readonly orphans: number;
  /** Requests accepted. */
  readonly calls: number;
  /** Now: requests accepted and not yet answered. */
  readonly inFlight: number;
  /** Now: open event streams. */
  readonly streams: number;
  /** Now: sessions whose client has not confirmed its handshake. */
  readonly handshakes: number;
  readonly deadLetters: Readonly<Record<DeadLetterReason, number>>;
  /** How often each limit was met, by the option's name; and refused admissions, by their code. */
  readonly limits: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  /** The most that any one session has had at once. */
  readonly highWater: { readonly inFlight: number; readonly queue: number; readonly stash: number };
}

/** The counters of a runtime. Keys come from closed sets of this library, never from the wire. */
export class Counters {
  readonly sessions = zeros(COUNTED_STATES);
  readonly evicted = zeros(END_REASONS);
  readonly deadLetters = zeros(DEAD_LETTER_REASONS);
  readonly limits: Record<string, number> = {};
  readonly refusals: Record<string, number> = {};
  readonly highWater = { inFlight: 0, queue: 0, stash: 0 };
  readonly pinned = zeros(PINNED_BY);
  slept = 0;
  woken = 0;
  spawned = 0;
  crashes = 0;
  restarts = 0;
  orphans = 0;
  /** Requests that got an error because their session closed; what a drain reports. */
  cut = 0;
  /** Sessions that ended here and go on in another process. */
  kept = 0;
  calls = 0;
  inFlight = 0;
  streams = 0;
  handshakes = 0;

  /** A session went from one state to another. */
  moved(from: CountedState | undefined, to: CountedState | undefined): void {
    if (from !== undefined) this.sessions[from]--;
    if (to !== undefined) this.sessions[to]++;
  }

  copy(): RuntimeStats {
    const { initializing, active, idle, asleep, closing } = this.sessions;
    const total = initializing + active + idle + asleep + closing;
    const { spawned, crashes, restarts, slept, woken, orphans } = this;
    const { calls, inFlight, streams, handshakes } = this;
    return {
      sessions: { ...this.sessions, total },
      spawned,
      evicted: { ...this.evicted },
      crashes,
      restarts,
      slept,
      woken,
      pinned: { ...this.pinned },
      orphans,
      calls,
      inFlight,
      streams,
      handshakes,
      deadLetters: { ...this.deadLetters },
      limits: { ...this.limits },
      refusals: { ...this.refusals },
      highWater: { ...this.highWater },
    };
  }
}

/** Adds one to a counter named by this library. */
export function count(counters: Record<string, number>, name: string): void {
  counters[name] = (counters[name] ?? 0) + 1;
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
