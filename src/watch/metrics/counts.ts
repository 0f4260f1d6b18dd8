import type { Attributes, Meter } from '@opentelemetry/api';
import type { Runtime } from '../../runtime.ts';
import type { ClusterStats } from '../../events/clusterStats.ts';
import { COUNTED_STATES, type RuntimeStats } from '../../events/counters.ts';
import { tallyEvents } from './eventTallies.ts';
import { clusterCounts } from './clusterCounts.ts';
import { CLUSTER_COUNTS } from './clusterInstruments.ts';
import { type CountName, COUNTS } from './instruments.ts';
import { observe, one, type Values } from './observe.ts';

/**
 * Observes the runtime's counters, and tallies of the events that those leave out, whenever a
 * metrics reader collects.
 *
 * @param common attributes of every value
 * @returns how to stop
 */
export function observeCounts(
  runtime: Pick<Runtime, 'limits' | 'on' | 'stats'>,
  meter: Meter,
  common: Attributes,
): () => void {
  const { tallies, stop } = tallyEvents(runtime);
  const stops = [
    observe(meter, common, COUNTS, () => {
      return { ...tallies, ...read(runtime.stats(), runtime.limits.maxSessions) };
    }),
    stop,
  ];
  const { cluster } = runtime.stats();
  if (cluster !== undefined) {
    const now = (): ClusterStats => runtime.stats().cluster ?? cluster;
    stops.push(observe(meter, common, CLUSTER_COUNTS, () => clusterCounts(now())));
  }
  return () => stops.forEach((end) => end());
}

function read(stats: RuntimeStats, maxSessions: number) {
  return {
    sessions: COUNTED_STATES.map((state) => [state, stats.sessions[state]] as const),
    sessionLimit: one(maxSessions),
    opened: one(stats.spawned),
    ended: Object.entries(stats.evicted),
    kept: one(stats.kept),
    inFlight: one(stats.inFlight),
    streams: one(stats.streams),
    handshakes: one(stats.handshakes),
    silentConnections: one(stats.silentConnections),
    deadLetters: Object.entries(stats.deadLetters),
    refusals: Object.entries(stats.refusals),
    limits: Object.entries(stats.limits),
    crashes: one(stats.crashes),
    restarts: one(stats.restarts),
    waiting: one(stats.modern.waiting),
    tasks: one(stats.modern.tasksRunning),
    listens: one(stats.modern.listens),
    handles: Object.entries(stats.handles).map(([kind, { total }]) => [kind, total] as const),
    orphans: one(stats.orphans),
    escaped: one(stats.escaped),
    unstorable: Object.entries(stats.unstorable),
  } satisfies Partial<Record<CountName, Values>>;
}
