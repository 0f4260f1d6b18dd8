import type { DeadlineQueue } from './deadlines.ts';
import type { Journal } from './journal.ts';
import type { Limits } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { EventLog } from './sleep/eventLog.ts';
import type { StreamRows } from './sleep/streamRows.ts';
import type { ResponsePort } from './wire/port.ts';

/** What an outbox needs of its session. */
export interface OutboxHost {
  readonly key: string;
  readonly protocolVersion: string | undefined;
  readonly limits: Limits;
  readonly keepAlive: DeadlineQueue<ResponsePort>;
  readonly replayAge: DeadlineQueue<Outbox>;
  now(): number;
  /** Which incarnation it is in: numbers of streams are its own. */
  readonly epoch: number;
  /** Rows of a durable store, where there is one. */
  keepRows(next: number): StreamRows | null;
  /** An event store beside the session's own log. */
  readonly events: EventLog | null;
  /** Nothing can be resumed any more. */
  rested(): void;
  readonly journal: Journal;
  streamsChanged(delta: 1 | -1): void;
  attachedChanged(attached: boolean): void;
}
