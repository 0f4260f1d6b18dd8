import { ActorsError } from '../base/errors.ts';
import type { RuntimeStats } from '../events/counters.ts';

/** The paths on which the two probes of an orchestrator are answered. */
export interface HealthPaths {
  /** Path of liveness: 200 for as long as the process answers. @default '/healthz' */
  readonly live?: string;
  /** Path of readiness: 503 from the moment the runtime drains or is closed. @default '/readyz' */
  readonly ready?: string;
}

/** The body of the answer to a probe: counts, and nothing of any session. */
export interface Health {
  readonly status: 'live' | 'ready' | 'stopping';
  /** `maxSessions` is reached. The runtime is still ready, because idle sessions make room. */
  readonly atCapacity: boolean;
  /** Sessions now, by state. */
  readonly sessions: RuntimeStats['sessions'];
  /** Requests now accepted and not yet answered. */
  readonly inFlight: number;
  /** Event streams now open. */
  readonly streams: number;
}

/** What the probes ask of a runtime. */
export interface Probed {
  readonly isFull: boolean;
  readonly isReady: boolean;
  readonly stats: () => RuntimeStats;
}

/** An answer to a probe, for an adapter to send. */
export interface HealthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Makes the function that answers probes; it returns `undefined` for other paths.
 *
 * @throws ActorsError `bad-option` for paths that do not begin with `/`, or are the same
 */
export function healthProbe(
  runtime: Probed,
  { live = '/healthz', ready = '/readyz' }: HealthPaths = {},
): (method: string, path: string) => HealthAnswer | undefined {
  if (!live.startsWith('/') || !ready.startsWith('/') || live === ready) {
    const got = JSON.stringify([live, ready]);
    throw new ActorsError('bad-option', `health takes two different paths, got ${got}`);
  }
  const health = (status: Health['status']): Health => {
    const { sessions, inFlight, streams } = runtime.stats();
    return { status, atCapacity: runtime.isFull, sessions, inFlight, streams };
  };
  return (method, path) => {
    if (path !== live && path !== ready) return undefined;
    if (method !== 'GET' && method !== 'HEAD') {
      return { status: 405, headers: { Allow: 'GET, HEAD' }, body: '' };
    }
    const isStopping = path === ready && !runtime.isReady;
    const status = path === live ? 'live' : isStopping ? 'stopping' : 'ready';
    const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
    return { status: isStopping ? 503 : 200, headers, body: JSON.stringify(health(status)) };
  };
}
