import { END_REASONS } from '../../../machines/session.ts';
import {
  PINNED_BY,
  type RuntimeEventName,
  type RuntimeEvents,
  WAKE_CAUSES,
} from '../../events/events.ts';
import type { Runtime } from '../../runtime.ts';

/** The only name of a tally that does not tell its events apart. */
const ALL = [''];
/** Why a question expires: its session has slept and is woken, or it has ended. */
const EXPIRY_CAUSES = [...WAKE_CAUSES, ...END_REASONS];

/** Counts, from now on, the runtime's events that the runtime's own counters leave out. */
export function tallyEvents({ on }: Pick<Runtime, 'on'>) {
  const stops: (() => void)[] = [];
  /** Names given beforehand begin at zero, so that a rate over the first event is right. */
  const tally = <N extends RuntimeEventName>(
    event: N,
    names: readonly string[],
    nameOf: (event: RuntimeEvents[N]) => string = () => '',
  ): Iterable<[string, number]> => {
    const counts = new Map(names.map((name) => [name, 0]));
    const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
    stops.push(on(event, (each) => count(nameOf(each))));
    return counts;
  };
  return {
    tallies: {
      sleeps: tally('session.slept', ALL),
      wakes: tally('session.woken', WAKE_CAUSES, ({ cause }) => cause),
      pinned: tally('session.pinned', PINNED_BY, ({ why }) => why),
      expiredQuestions: tally('question.expired', EXPIRY_CAUSES, ({ cause }) => cause),
      storeFailures: tally('store.failed', [], ({ doing }) => doing),
      endpointFailures: tally('endpoint.failed', ALL),
      observerFailures: tally('observer.failed', ALL),
    },
    stop: () => stops.forEach((stop) => stop()),
  };
}
