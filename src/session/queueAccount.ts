import type { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';

/** The session that holds bytes. */
export interface QueueHolder {
  readonly principal: string | undefined;
  readonly services: Services;
  readonly journal: Journal;
}

/**
 * The bytes of the messages that one session holds: those that wait, in or out, and the requests
 * that are not answered, whose parsed bodies their handlers keep.
 */
export class QueueAccount {
  readonly #holder: QueueHolder;
  #bytes = 0;

  constructor(holder: QueueHolder) {
    this.#holder = holder;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Counts a message; `false` where the session, or all sessions together, hold too much. */
  take(bytes: number): boolean {
    const { journal, principal, services } = this.#holder;
    const { counters, limits, queued } = services;
    if (this.#bytes > 0 && this.#bytes + bytes > limits.maxQueueBytes) {
      journal.tripped('maxQueueBytes');
      return false;
    }
    if (!queued.take(principal, bytes)) {
      journal.tripped('maxQueueTotalBytes');
      return false;
    }
    this.#bytes += bytes;
    counters.bytesIn.messages += bytes;
    return true;
  }

  /** Counts a message that other limits bound: `initialize`, for which its session was admitted. */
  add(bytes: number): void {
    const { principal, services } = this.#holder;
    services.queued.add(principal, bytes);
    this.#bytes += bytes;
    services.counters.bytesIn.messages += bytes;
  }

  /** Forgets a message that was counted. */
  give(bytes: number): void {
    const { principal, services } = this.#holder;
    this.#bytes -= bytes;
    services.counters.bytesIn.messages -= bytes;
    services.queued.give(principal, bytes);
  }
}
