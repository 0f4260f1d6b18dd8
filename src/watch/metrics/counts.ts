import type { Attributes, BatchObservableCallback, Meter, Observable } from '@opentelemetry/api';
import type { Runtime } from '../../runtime.ts';
import { COUNTED_STATES, type RuntimeStats } from '../../events/counters.ts';
import { EventTallies } from './eventTallies.ts';
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
  const { maxSessions } = runtime.limits;
  const events = new EventTallies();
  const stopListening = events.listen(runtime);
  // The keys of `COUNTS` are the names.
  const names = Object.keys(COUNTS) as CountName[];
  const observables = names.map((name) => [name, observable(meter, name)] as const);
  const observe: BatchObservableCallback = (result) => {
    const counts = read(runtime.stats(), maxSessions, events);
    for (const [name, instrument] of observables) {
      const [attribute] = COUNTS[name].attributes;
      for (const [value, count] of counts[name]) {
        const own = attribute === undefined ? common : { ...common, [attribute]: value };
        result.observe(instrument, count, own);
      }
    }
  };
  const all = observables.map(([, instrument]) => instrument);
  meter.addBatchObservableCallback(observe, all);
  return () => {
    meter.removeBatchObservableCallback(observe, all);
    stopListening();
  };
}

function observable(meter: Meter, count: CountName): Observable {
  const { name, kind, unit, description } = COUNTS[count];
  return meter[`create${kind}`](name, { unit, description });
}

function read(
  stats: RuntimeStats,
  maxSessions: number,
  { tallies }: EventTallies,
): Record<CountName, Counted> {
  const { sleeps, wakes, pinned, expiredQuestions } = tallies;
  const { storeFailures, endpointFailures, observerFailures } = tallies;
  return {
    sessions: COUNTED_STATES.map((state) => [state, stats.sessions[state]]),
    sessionLimit: one(maxSessions),
    opened: one(stats.spawned),
    ended: Object.entries(stats.evicted),
    inFlight: one(stats.inFlight),
    streams: one(stats.streams),
    handshakes: one(stats.handshakes),
    deadLetters: Object.entries(stats.deadLetters),
    refusals: Object.entries(stats.refusals),
    limits: Object.entries(stats.limits),
    crashes: one(stats.crashes),
    restarts: one(stats.restarts),
    orphans: one(stats.orphans),
    sleeps: sleeps.entries(),
    wakes: wakes.entries(),
    pinned: pinned.entries(),
    expiredQuestions: expiredQuestions.entries(),
    storeFailures: storeFailures.entries(),
    endpointFailures: endpointFailures.entries(),
    observerFailures: observerFailures.entries(),
  };
}

function one(count: number): Counted {
  return [['', count]];
}
