import type { Attributes, BatchObservableCallback, Meter } from '@opentelemetry/api';
import type { Runtime } from '../../runtime.ts';
import { COUNTED_STATES, type RuntimeStats } from '../../events/counters.ts';
import { tallyEvents } from './eventTallies.ts';
import { type CountName, COUNTS } from './instruments.ts';

type Counted = Iterable<readonly [string, number]>;

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
  // The keys of `COUNTS` are the names.
  const observables = (Object.keys(COUNTS) as CountName[]).map((count) => {
    const { name, kind, unit, description, attributes } = COUNTS[count];
    const instrument = meter[`create${kind}`](name, { unit, description });
    return { count, instrument, attribute: attributes[0] };
  });
  const observe: BatchObservableCallback = (result) => {
    const counts = { ...tallies, ...read(runtime.stats(), runtime.limits.maxSessions) };
    for (const { count, instrument, attribute } of observables) {
      for (const [value, times] of counts[count]) {
        const own = attribute === undefined ? common : { ...common, [attribute]: value };
        result.observe(instrument, times, own);
      }
    }
  };
  const all = observables.map(({ instrument }) => instrument);
  meter.addBatchObservableCallback(observe, all);
  return () => {
    meter.removeBatchObservableCallback(observe, all);
    stop();
  };
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
  } satisfies Partial<Record<CountName, Counted>>;
}

function one(count: number): Counted {
  return [['', count]];
}
