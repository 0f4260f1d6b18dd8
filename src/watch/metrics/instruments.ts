import type { Meter, MetricOptions } from '@opentelemetry/api';
import * as name from './attributes.ts';

/** One instrument: its name, kind, unit and attributes, which the docs list. */
export interface Instrument {
  readonly name: string;
  readonly kind: 'Histogram' | 'ObservableCounter' | 'ObservableUpDownCounter' | 'ObservableGauge';
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
}

/** Bucket boundaries in seconds, as the MCP conventions advise for both durations. */
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** Histograms of durations: recorded when a request, session or wake is over. */
export const HISTOGRAMS = {
  operation: {
    name: 'mcp.server.operation.duration',
    kind: 'Histogram',
    unit: 's',
    description: 'From the arrival of a request to its answer.',
    attributes: [
      name.METHOD,
      name.ERROR_TYPE,
      name.STATUS_CODE,
      name.OPERATION,
      name.TOOL,
      name.PROMPT,
      name.VERSION,
      name.TRANSPORT,
      name.PROTOCOL,
    ],
  },
  session: {
    name: 'mcp.server.session.duration',
    kind: 'Histogram',
    unit: 's',
    description: 'From the opening of a session to its end.',
    attributes: [name.REASON, name.ERROR_TYPE],
  },
  wake: {
    name: 'mcp_actors.wake.duration',
    kind: 'Histogram',
    unit: 's',
    description: 'From the message that wakes a session to its server being ready.',
    attributes: [name.CAUSE],
  },
} as const satisfies Record<string, Instrument>;

/** Counts: read when a metrics reader collects, so that a count costs nothing in between. */
export const COUNTS = {
  sessions: counted(
    'sessions',
    'ObservableUpDownCounter',
    '{session}',
    'Sessions now.',
    name.STATE,
  ),
  sessionLimit: counted(
    'sessions.limit',
    'ObservableGauge',
    '{session}',
    '`maxSessions` of the runtime.',
  ),
  opened: counted('sessions.opened', 'ObservableCounter', '{session}', 'Sessions admitted.'),
  ended: counted(
    'sessions.ended',
    'ObservableCounter',
    '{session}',
    'Sessions that ended.',
    name.REASON,
  ),
  inFlight: counted(
    'requests.in_flight',
    'ObservableUpDownCounter',
    '{request}',
    'Requests accepted and not yet answered, now.',
  ),
  streams: counted(
    'streams',
    'ObservableUpDownCounter',
    '{stream}',
    'Event streams and sockets open now.',
  ),
  handshakes: counted(
    'handshakes.unfinished',
    'ObservableUpDownCounter',
    '{session}',
    'Sessions whose client has not confirmed its handshake, now.',
  ),
  deadLetters: counted(
    'dead_letters',
    'ObservableCounter',
    '{message}',
    'Messages that could not be delivered.',
    name.REASON,
  ),
  refusals: counted(
    'refusals',
    'ObservableCounter',
    '{request}',
    'Requests and connections refused. A code never used is absent.',
    name.CODE,
  ),
  limits: counted(
    'limits',
    'ObservableCounter',
    '{event}',
    'Limits met. One never met is absent.',
    name.LIMIT,
  ),
  crashes: counted('crashes', 'ObservableCounter', '{event}', 'Crashes, restarted or not.'),
  restarts: counted('restarts', 'ObservableCounter', '{event}', 'Servers rebuilt.'),
  orphans: counted(
    'orphans',
    'ObservableCounter',
    '{event}',
    'Resources, handlers and servers that outlived their session or their deadline.',
  ),
  sleeps: counted('sleeps', 'ObservableCounter', '{event}', 'Sessions put to sleep.'),
  wakes: counted('wakes', 'ObservableCounter', '{event}', 'Sessions woken.', name.CAUSE),
  pinned: counted(
    'pinned',
    'ObservableCounter',
    '{event}',
    'Idle sessions that could not sleep.',
    name.REASON,
  ),
  expiredQuestions: counted(
    'questions.expired',
    'ObservableCounter',
    '{request}',
    'Questions to clients that will never be answered.',
    name.CAUSE,
  ),
  storeFailures: counted(
    'store.failures',
    'ObservableCounter',
    '{event}',
    'What the session store failed to do.',
    name.WORK,
  ),
  endpointFailures: counted(
    'endpoint.failures',
    'ObservableCounter',
    '{event}',
    'Requests that failed outside any session.',
  ),
  observerFailures: counted(
    'observer.failures',
    'ObservableCounter',
    '{event}',
    'Listeners of runtime events that threw.',
  ),
} as const satisfies Record<string, Instrument>;

export type CountName = keyof typeof COUNTS;

/** Every instrument of this library. */
export const INSTRUMENTS: readonly Instrument[] = [
  ...Object.values(HISTOGRAMS),
  ...Object.values(COUNTS),
];

function counted<K extends Instrument['kind']>(
  suffix: string,
  kind: K,
  unit: string,
  description: string,
  ...attributes: string[]
): Instrument & { readonly kind: K } {
  return { name: `mcp_actors.${suffix}`, kind, unit, description, attributes };
}

/** Makes the histogram of an instrument. */
export function histogram(meter: Meter, { name: of, unit, description }: Instrument) {
  const advice: MetricOptions['advice'] = { explicitBucketBoundaries: SECONDS };
  return meter.createHistogram(of, { unit, description, advice });
}
