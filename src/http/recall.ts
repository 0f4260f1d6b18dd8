import type { Services } from '../events/services.ts';
import type { UnreadOwner } from './unread.ts';
import type { SharedLimit, UnreadBudget, UnreadHolder } from './unreadBudget.ts';

/** An event that the replay log has dropped and only the event store still has. */
export interface RecalledEvent {
  readonly sequence: number;
  readonly frame: string;
}

/**
 * What an event store gives back of one stream, until it is written to the client: no more than a
 * session may leave unread. The client comes back for the rest.
 */
export class Recall implements UnreadHolder {
  readonly principal: string | undefined;
  readonly #key: string;
  readonly #services: Services;
  readonly #budget: UnreadBudget;
  #events: RecalledEvent[] = [];
  #bytes = 0;
  #isWhole = true;
  #isOver = false;

  constructor(
    { key, principal }: UnreadOwner,
    share: { readonly services: Services; readonly unread: UnreadBudget },
  ) {
    this.principal = principal;
    this.#key = key;
    this.#services = share.services;
    this.#budget = share.unread;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The last event that the store gave. */
  get last(): RecalledEvent | undefined {
    return this.#events.at(-1);
  }

  /** The events up to a number, in order: the replay log has those behind it. */
  until(dropped: number): readonly RecalledEvent[] {
    return this.#events.filter(({ sequence }) => sequence <= dropped);
  }

  /** Neither the store nor the replay log has some event behind a place. */
  hasGap(sequence: number, dropped: number): boolean {
    return this.#isWhole && (this.last?.sequence ?? sequence) < dropped;
  }

  /** The store had no more than these. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The room was needed for somebody who has less. */
  get isCut(): boolean {
    return this.#isOver;
  }

  /** Takes the next event, where there is room for it. */
  take(event: RecalledEvent): void {
    if (this.#isOver || !this.#isWhole) return;
    const bytes = this.#bytes + event.frame.length;
    if (bytes > this.#services.limits.maxUnreadBytes && this.#events.length > 0) {
      this.#services.tripped('maxUnreadBytes', this.#key);
      this.#isWhole = false;
      return;
    }
    this.#events.push(event);
    this.#bytes = bytes;
    this.#budget.counted(this, bytes);
  }

  cutOldest(_bytes: number, limit: SharedLimit): number {
    const bytes = this.#bytes;
    if (bytes > 0) this.#services.tripped(limit, this.#key);
    this.expire();
    return bytes;
  }

  /** Drops the events: they are with the client, or nobody waits for them any more. */
  expire(): void {
    this.#isOver = true;
    this.#events = [];
    this.#bytes = 0;
    this.#budget.settled(this);
  }
}
