import type { DeadlineQueue } from '../base/deadlines.ts';
import type { NotificationMessage, RequestId } from '../wire/jsonrpc.ts';

/** Most cancels kept for one session. */
const MOST = 64;

/** How long a cancel waits for its request, in milliseconds. */
export const EARLY_CANCEL_MS = 2000;

/** A cancel that waits for its request. */
export interface EarlyCancel {
  /** The request has not come. */
  readonly late: () => void;
}

/**
 * Cancels of one session that came before their requests: where a client's messages come by several
 * processes, one may overtake the other on its way (row C2).
 */
export class EarlyCancels {
  readonly #kept = new Map<RequestId, EarlyCancel>();
  readonly #waiting: DeadlineQueue<EarlyCancel>;
  readonly #onLate: (cancel: NotificationMessage) => void;

  /**
   * @param waiting how long a cancel waits
   * @param onLate told of a cancel whose request did not come
   */
  constructor(waiting: DeadlineQueue<EarlyCancel>, onLate: (cancel: NotificationMessage) => void) {
    this.#waiting = waiting;
    this.#onLate = onLate;
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  /** Keeps a cancel of a request that is not here; `false` where there are too many. */
  hold(id: RequestId, { jsonrpc, method }: NotificationMessage): boolean {
    if (this.#kept.size >= MOST || this.#kept.has(id)) return false;
    const early: EarlyCancel = {
      late: () => {
        this.#kept.delete(id);
        // What else the cancel says is read by nobody, and may be as large as a body.
        this.#onLate({ jsonrpc, method });
      },
    };
    this.#kept.set(id, early);
    this.#waiting.arm(early);
    return true;
  }

  /** Whether a request that has now come was cancelled before. */
  take(id: RequestId): boolean {
    const early = this.#kept.get(id);
    if (early === undefined) return false;
    this.#kept.delete(id);
    this.#waiting.disarm(early);
    return true;
  }
}
