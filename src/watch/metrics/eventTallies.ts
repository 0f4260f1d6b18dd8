import { END_REASONS } from '../../../machines/session.ts';
import { PINNED_BY, WAKE_CAUSES } from '../../events/events.ts';
import type { Runtime } from '../../runtime.ts';
import type { CountName } from './instruments.ts';
import { Tally } from './tally.ts';

/** The only name of a tally that does not tell its events apart. */
const ALL = [''];

/** Counts the runtime's events, from `listen` on, that the runtime's own counters leave out. */
export class EventTallies {
  readonly tallies = {
    sleeps: new Tally(ALL),
    wakes: new Tally(WAKE_CAUSES),
    pinned: new Tally(PINNED_BY),
    expiredQuestions: new Tally([...WAKE_CAUSES, ...END_REASONS]),
    storeFailures: new Tally(),
    endpointFailures: new Tally(ALL),
    observerFailures: new Tally(ALL),
  } satisfies Partial<Record<CountName, Tally>>;

  /** Begins to count. @returns how to stop */
  listen({ on }: Pick<Runtime, 'on'>): () => void {
    const { tallies } = this;
    const stops = [
      on('session.slept', () => tallies.sleeps.add('')),
      on('session.woken', ({ cause }) => tallies.wakes.add(cause)),
      on('session.pinned', ({ why }) => tallies.pinned.add(why)),
      on('question.expired', ({ cause }) => tallies.expiredQuestions.add(cause)),
      on('store.failed', ({ doing }) => tallies.storeFailures.add(doing)),
      on('endpoint.failed', () => tallies.endpointFailures.add('')),
      on('observer.failed', () => tallies.observerFailures.add('')),
    ];
    return () => stops.forEach((stop) => stop());
  }
}
