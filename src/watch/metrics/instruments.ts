import type { Meter, MetricOptions } from '@opentelemetry/api';
import {
  CAUSE,
  CODE,
  ERROR_TYPE,
  KIND,
  LIMIT,
  METHOD,
  OPERATION,
  PROMPT,
  PROTOCOL,
  REASON,
  STATE,
  STATUS_CODE,
  TOOL,
  TRANSPORT,
  VERSION,
  WHAT,
  WORK,
} from './attributes.ts';
import { CLUSTER_COUNTS } from './clusterInstruments.ts';
import { counted, type Instrument } from './counted.ts';

/** Bucket boundaries in seconds, as the MCP conventions advise for both durations. */
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** Histograms of durations: recorded when a request, session or wake is over. */
export const HISTOGRAMS = {
  operation: duration(
    'mcp.server.operation.duration',
    'From the arrival of a request to its answer.',
    METHOD,
    ERROR_TYPE,
    STATUS_CODE,
    OPERATION,
    TOOL,
    PROMPT,
    VERSION,
    TRANSPORT,
    PROTOCOL,
  ),
  session: duration(
    'mcp.server.session.duration',
    'From the opening of a session to its end.',
    REASON,
    ERROR_TYPE,
  ),
  wake: duration(
    'mcp_actors.wake.duration',
    'From the message that wakes a session to its server being ready.',
    CAUSE,
  ),
};

const counter = counted('ObservableCounter');
const level = counted('ObservableUpDownCounter');
const gauge = counted('ObservableGauge');

/** Counts: read when a metrics reader collects, so that a count costs nothing in between. */
export const COUNTS = {
  sessions: level('sessions', 'session', 'Sessions now.', STATE),
  sessionLimit: gauge('sessions.limit', 'session', '`maxSessions` of the runtime.'),
  opened: counter('sessions.opened', 'session', 'Sessions admitted.'),
  ended: counter('sessions.ended', 'session', 'Sessions that ended.', REASON),
  kept: counter(
    'sessions.kept',
    'session',
    'Sessions that left in a drain and go on in the next process.',
  ),
  inFlight: level('requests.in_flight', 'request', 'Requests accepted and not yet answered, now.'),
  streams: level('streams', 'stream', 'Event streams and sockets open now.'),
  waiting: level('calls.parked', 'call', 'Calls that wait for their client, now.'),
  tasks: level('tasks', 'task', 'Tasks that are not finished, now.'),
  listens: level('listens', 'stream', 'Open `subscriptions/listen`, now.'),
  handles: level('handles', 'handle', 'Handles now, those asleep as well.', KIND),
  handshakes: level(
    'handshakes.unfinished',
    'session',
    'Sessions whose client has not confirmed its handshake, now.',
  ),
  silentConnections: level(
    'connections.silent',
    'connection',
    'Connections that wait for `initialize`, now.',
  ),
  deadLetters: counter('dead_letters', 'message', 'Messages that could not be delivered.', REASON),
  refusals: counter(
    'refusals',
    'request',
    'Requests and connections refused. A code never used is absent.',
    CODE,
  ),
  limits: counter('limits', 'event', 'Limits met. One never met is absent.', LIMIT),
  crashes: counter('crashes', 'event', 'Crashes, restarted or not.'),
  restarts: counter('restarts', 'event', 'Servers rebuilt.'),
  orphans: counter(
    'orphans',
    'event',
    'Resources, handlers and servers that outlived their session or their deadline.',
  ),
  escaped: counter('errors.escaped', 'event', 'Stray errors that no session ended for.'),
  unstorable: counter(
    'unstorable',
    'event',
    'What a durable store could not keep of a session.',
    WHAT,
  ),
  sleeps: counter('sleeps', 'event', 'Sessions put to sleep.'),
  wakes: counter('wakes', 'event', 'Sessions woken.', CAUSE),
  pinned: counter('pinned', 'event', 'Idle sessions that could not sleep.', REASON),
  expiredQuestions: counter(
    'questions.expired',
    'request',
    'Questions to clients that will never be answered.',
    CAUSE,
  ),
  storeFailures: counter('store.failures', 'event', 'What the session store failed to do.', WORK),
  endpointFailures: counter(
    'endpoint.failures',
    'event',
    'Requests that failed outside any session.',
  ),
  observerFailures: counter(
    'observer.failures',
    'event',
    'Listeners of runtime events that threw.',
  ),
} as const;

export type CountName = keyof typeof COUNTS;

/** Every instrument of this library, those of clusters last. */
export const INSTRUMENTS: readonly Instrument[] = [
  ...Object.values(HISTOGRAMS),
  ...Object.values(COUNTS),
  ...Object.values(CLUSTER_COUNTS),
];

function duration(name: string, description: string, ...attributes: string[]): Instrument {
  return { name, kind: 'Histogram', unit: 's', description, attributes };
}

/** Makes the histogram of an instrument. */
export function histogram(meter: Meter, { name: of, unit, description }: Instrument) {
  const advice: MetricOptions['advice'] = { explicitBucketBoundaries: SECONDS };
  return meter.createHistogram(of, { unit, description, advice });
}
