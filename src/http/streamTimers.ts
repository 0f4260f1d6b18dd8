import { DeadlineChain, type Deadlined } from '../base/chain.ts';
import type { DeadlineQueue, Deadlines } from '../base/deadlines.ts';
import { type Timer, timerOf } from '../base/within.ts';
import type { Services } from '../events/services.ts';
import type { ResponsePort } from '../wire/port.ts';
import { KEEP_ALIVE } from '../wire/sse.ts';

/** Makes the queue of open event streams, each of which gets a comment every `everyMs`. */
export function keepAliveQueue(deadlines: Deadlines, everyMs: number): DeadlineQueue<ResponsePort> {
  const queue = deadlines.queue<ResponsePort>(everyMs, (port) => {
    if (port.gone) return;
    // What the client has not read keeps the connection as well as a comment would.
    if (port.unread === 0) port.write(KEEP_ALIVE);
    queue.arm(port);
  });
  return queue;
}

/** A response that becomes an event stream if its answer takes long. */
export interface Slow extends Deadlined<Slow> {
  upgrade(): void;
}

/** The deadlines of Streamable HTTP, shared by the sessions of a runtime. */
export class StreamTimers {
  /** Exchanges that become event streams if they last. */
  readonly slow: DeadlineChain<Slow>;
  readonly keepAlive: DeadlineQueue<ResponsePort>;
  /** How long an event store may take for one thing. */
  readonly storing: Timer;
  /** Outboxes with events to resume, until the events are too old. */
  readonly replayAge: DeadlineQueue<{ expire(): void }>;

  constructor({ deadlines, limits }: Services) {
    this.slow = new DeadlineChain(deadlines, limits.sseAfterMs, (exchange) => exchange.upgrade());
    this.keepAlive = keepAliveQueue(deadlines, limits.keepAliveMs);
    this.replayAge = deadlines.queue(limits.replayMs, (outbox) => outbox.expire());
    const storing = deadlines.queue<() => void>(limits.storeTimeoutMs, (tooLong) => tooLong());
    this.storing = timerOf(storing);
  }
}
