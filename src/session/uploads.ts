import type { NotificationMessage, RequestId } from '../wire/jsonrpc.ts';

/** A cancel that came first: its request may still be on its way. */
interface EarlyCancel {
  readonly id: RequestId;
  readonly cancel: NotificationMessage;
  /** The number of the last POST that can bring the request. */
  readonly upTo: number;
}

/**
 * The POSTs of one session whose head is here and whose body is still on its way, and the cancels
 * that overtook such a POST: a client may cancel on another connection before its request has
 * arrived whole (row C2).
 */
export class Uploads {
  readonly #max: number;
  readonly #onLate: (cancel: NotificationMessage) => void;
  /** The numbers of the POSTs on their way, oldest first. */
  readonly #open = new Set<number>();
  #count = 0;
  /** How much of the bodies on their way has come. */
  bytes = 0;
  #early: EarlyCancel[] = [];

  /**
   * @param max most cancels kept at once
   * @param onLate told of a cancel whose request did not come
   */
  constructor(max: number, onLate: (cancel: NotificationMessage) => void) {
    this.#max = max;
    this.#onLate = onLate;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** The head of a POST arrived. @returns the POST's number */
  begin(): number {
    this.#open.add(++this.#count);
    return this.#count;
  }

  /** The body of a POST arrived, or never will. */
  end(number: number): void {
    this.#open.delete(number);
    if (this.#early.length === 0) return;
    const [oldest = Infinity] = this.#open;
    this.#early = this.#early.filter(({ upTo, cancel }) => {
      if (upTo < oldest) this.#onLate(cancel);
      return upTo >= oldest;
    });
  }

  /**
   * Keeps a cancel of a request that has not arrived; `false` when no request can be on its way.
   *
   * @param own the number of the POST that brought the cancel
   */
  hold(id: RequestId, cancel: NotificationMessage, own: number | undefined): boolean {
    const others = this.#open.size - Number(own !== undefined && this.#open.has(own));
    if (others === 0 || this.#early.length >= this.#max) return false;
    // What else the cancel says is read by nobody, and may be as large as a body.
    const { jsonrpc, method } = cancel;
    this.#early.push({ id, cancel: { jsonrpc, method }, upTo: this.#count });
    return true;
  }

  /** Whether a request that has now arrived was cancelled on its way. @param number of its POST */
  wasCancelled(id: RequestId, number: number): boolean {
    const index = this.#early.findIndex((early) => early.id === id && number <= early.upTo);
    if (index < 0) return false;
    this.#early.splice(index, 1);
    return true;
  }
}
