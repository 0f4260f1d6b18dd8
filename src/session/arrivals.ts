import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import type { NotificationMessage, RequestId } from '../wire/jsonrpc.ts';
import { type EarlyCancel, EarlyCancels } from './earlyCancels.ts';
import { Uploads } from './uploads.ts';

/** What messages on their way need of their session. */
export interface ArrivalsHost {
  readonly services: Services;
  readonly journal: Journal;
  readonly world: {
    /**
     * Cancels whose requests may still be on their way, where messages of a client come by several
     * processes; `undefined`: they come by one.
     */
    readonly early: DeadlineQueue<EarlyCancel> | undefined;
  };
}

/** Messages of one session that are still on their way, and the cancels that overtook their requests. */
export class Arrivals {
  readonly #host: ArrivalsHost;
  readonly #uploads: Uploads;
  #early: EarlyCancels | null = null;

  constructor(host: ArrivalsHost) {
    this.#host = host;
    this.#uploads = new Uploads(host.services.limits.maxInFlight, (cancel) => this.#late(cancel));
  }

  /** Nothing is known to be on its way. */
  get isEmpty(): boolean {
    return this.#uploads.isEmpty && this.#early?.isEmpty !== false;
  }

  get isUploading(): boolean {
    return !this.#uploads.isEmpty;
  }

  /** The head of a POST is here, not yet its body. @returns the POST's number */
  upload(): number {
    return this.#uploads.begin();
  }

  /**
   * Counts bytes of a body on its way that have come, or with a minus do not count any more.
   *
   * @param own how much has come of that body
   * @returns `false`: more than `maxQueueBytes` of several bodies is on its way
   */
  uploading(bytes: number, own: number): boolean {
    const uploads = this.#uploads;
    uploads.bytes += bytes;
    return uploads.bytes <= this.#host.services.limits.maxQueueBytes || uploads.bytes === own;
  }

  /** The body of a POST was handled, or never will be. */
  uploaded(number: number): void {
    this.#uploads.end(number);
  }

  /** Whether a request that has come was cancelled before. @param upload number of its POST */
  wasCancelled(id: RequestId, upload: number | undefined): boolean {
    const wasOvertaken = upload !== undefined && this.#uploads.wasCancelled(id, upload);
    return wasOvertaken || this.#early?.take(id) === true;
  }

  /** Keeps a cancel of a request that is not here. `false`: the request is not on its way. */
  hold(id: RequestId, cancel: NotificationMessage, upload: number | undefined): boolean {
    if (this.#uploads.hold(id, cancel, upload)) return true;
    const { early } = this.#host.world;
    if (early === undefined) return false;
    this.#early ??= new EarlyCancels(early, (late) => this.#late(late));
    return this.#early.hold(id, cancel);
  }

  #late(cancel: NotificationMessage): void {
    this.#host.journal.deadLetter('in', cancel, 'late');
  }
}
