import type { NotificationMessage, RequestId } from '../wire/jsonrpc.ts';

/** A cancel whose request may still be on its way. */
interface EarlyCancel {
  readonly id: RequestId;
  readonly cancel: NotificationMessage;
  /** The last upload that can bring the request. */
  readonly upTo: number;
}

/**
 * The POSTs of one session whose head is here and whose body is still on its way, and the cancels
 * that overtook one of them: a client may cancel on another connection before its request has
 * arrived whole (row C2).
 */
export class Uploads {
  readonly #max: number;
  readonly #onLate: (cancel: NotificationMessage) => void;
  /** Numbers of those on their way, oldest first. */
  readonly #open = new Set<number>();
  #count = 0;
  #early: EarlyCancel[] = [];

  /**
   * @param max cancels kept at once
   * @param onLate told of one whose request did not come
   */
  constructor(max: number, onLate: (cancel: NotificationMessage) => void) {
    this.#max = max;
    this.#onLate = onLate;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** A head arrived. */
  begin(): number {
    this.#open.add(++this.#count);
    return this.#count;
  }

  /** The body arrived, or never will. */
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
   * Keeps a cancel of a request nobody has seen; `false` when none can be on its way.
   *
   * @param own the POST the cancel itself came in
   */
  hold(id: RequestId, cancel: NotificationMessage, own: number | undefined): boolean {
    const others = this.#open.size - Number(own !== undefined && this.#open.has(own));
    if (others === 0 || this.#early.length >= this.#max) return false;
    this.#early.push({ id, cancel, upTo: this.#count });
    return true;
  }

  /** Whether a request that has now arrived was cancelled on its way. */
  wasCancelled(id: RequestId, number: number): boolean {
    const index = this.#early.findIndex((early) => early.id === id && number <= early.upTo);
    if (index < 0) return false;
    this.#early.splice(index, 1);
    return true;
  }
}
