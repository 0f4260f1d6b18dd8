import type { EventStore } from '../store/eventStore.ts';
import type { NumbersStore } from './numbers.ts';
import type { ReadersHost, ReadersShare } from './readers.ts';
import type { ReplayBudget } from './replayBudget.ts';
import type { RowStore } from './streamRows.ts';

/** What an outbox needs of its session. */
export interface OutboxHost extends ReadersHost {
  /** Where a durable store keeps the session; `null` in memory. */
  readonly persistence: (NumbersStore & RowStore) | null;
  /** Tells the session that nothing can be resumed: it may be free to leave this process. */
  passivate(): void;
  /** Goes on when a promise is fulfilled; what throws then is a crash of the session. */
  later<T>(promise: Promise<T>, go: (value: T) => void): void;
}

/** What the outboxes of one runtime share. */
export interface OutboxShare extends ReadersShare {
  /** What can be resumed of all sessions together. */
  readonly replay: ReplayBudget;
  /** Holds the events that the replay logs have dropped. */
  readonly eventStore: EventStore | undefined;
  /** Each ends a GET stream that outlives its session, until the process has drained. */
  readonly departures: Set<() => void>;
}
