import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import type { NotificationMessage, RequestId } from '../wire/jsonrpc.ts';
import { type EarlyCancel, EarlyCancels } from './earlyCancels.ts';

/** What messages that have not reached their server need of their session. */
export interface ArrivalsHost {
  readonly services: Services;
  readonly journal: Journal;
  readonly world: {
    /**
     * Cancels whose requests may still be on their way, where messages of a client come by several
     * processes; `undefined`: they come by one.
     */
    readonly early: DeadlineQueue<EarlyCancel> | undefined;
    /** Resolves when it can be told again whether the session is this process's; `undefined`: it is. */
    heldUp(): Promise<void> | undefined;
  };
}

/** A cancel that came first: the request may be in the body of a POST that is still on its way. */
interface OvertakingCancel {
  readonly id: RequestId;
  readonly cancel: NotificationMessage;
  /** The number of the last POST that can bring the request. */
  readonly upTo: number;
}

/**
 * The POSTs of one session whose head is here and whose body is still on its way, and the cancels
 * that came before their requests: a client may cancel on another connection, or by another process,
 * before its request has arrived whole (row C2).
 */
export class Arrivals {
  readonly #host: ArrivalsHost;
  /** The numbers of the POSTs on their way, oldest first: they grow. */
  readonly #open: number[] = [];
  #count = 0;
  #bytes = 0;
  #overtaking: OvertakingCancel[] = [];
  #early: EarlyCancels | null = null;

  constructor(host: ArrivalsHost) {
    this.#host = host;
  }

  /** How much of the bodies on their way has come. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing is known to be on its way. */
  get isEmpty(): boolean {
    return this.#open.length === 0 && this.#early?.isEmpty !== false;
  }

  get isUploading(): boolean {
    return this.#open.length > 0;
  }

  /** The head of a POST arrived. @returns the POST's number */
  upload(): number {
    this.#open.push(++this.#count);
    return this.#count;
  }

  /**
   * Counts bytes of a body on its way that have come, or with a minus do not count any more.
   *
   * @param own how much has come of that body
   * @returns `false`: more than `maxQueueBytes` of several bodies is on its way
   */
  uploading(bytes: number, own: number): boolean {
    this.#bytes += bytes;
    return this.#bytes <= this.#host.services.limits.maxQueueBytes || this.#bytes === own;
  }

  /** The body of a POST arrived, or never will. */
  uploaded(number: number): void {
    const at = placeIn(this.#open, number);
    if (at >= 0) this.#open.splice(at, 1);
    if (this.#overtaking.length === 0) return;
    const [oldest = Infinity] = this.#open;
    this.#overtaking = this.#overtaking.filter(({ upTo, cancel }) => {
      if (upTo < oldest) this.#late(cancel);
      return upTo >= oldest;
    });
  }

  /**
   * Keeps a cancel of a request that has not arrived; `false` when no request can be on its way.
   *
   * @param own the number of the POST that brought the cancel
   */
  hold(id: RequestId, cancel: NotificationMessage, own: number | undefined): boolean {
    const others = this.#open.length - Number(own !== undefined && placeIn(this.#open, own) >= 0);
    const { services, world } = this.#host;
    if (others > 0 && this.#overtaking.length < services.limits.maxInFlight) {
      // What else the cancel says is read by nobody, and may be as large as a body.
      const { jsonrpc, method } = cancel;
      this.#overtaking.push({ id, cancel: { jsonrpc, method }, upTo: this.#count });
      return true;
    }
    if (world.early === undefined) return false;
    this.#early ??= new EarlyCancels(world.early, (late) => this.#late(late));
    return this.#early.hold(id, cancel);
  }

  /** Whether a request that has now arrived was cancelled on its way. @param number of its POST */
  wasCancelled(id: RequestId, number: number | undefined): boolean {
    const index =
      number === undefined
        ? -1
        : this.#overtaking.findIndex((each) => each.id === id && number <= each.upTo);
    if (index < 0) return this.#early?.take(id) === true;
    this.#overtaking.splice(index, 1);
    return true;
  }

  #late(cancel: NotificationMessage): void {
    this.#host.journal.deadLetter('in', cancel, 'late');
  }
}

/** The place of a number in numbers that grow; below 0 where the number is not there. */
function placeIn(numbers: readonly number[], number: number): number {
  // Most bodies come whole before the next one begins.
  if (numbers.at(-1) === number) return numbers.length - 1;
  let from = 0;
  let to = numbers.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numbers[middle]! < number) from = middle + 1;
    else to = middle;
  }
  return numbers[from] === number ? from : -1;
}
