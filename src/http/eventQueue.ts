import type { Timer } from '../base/within.ts';
import { awaited } from '../base/within.ts';
import { ActorsError } from '../base/errors.ts';
import type { Services } from '../events/services.ts';
import type { UnreadOwner } from './unread.ts';
import type { SharedLimit, UnreadBudget, UnreadHolder } from './unreadBudget.ts';

/** An event that waits for the store. */
interface Waiting {
  readonly stream: number;
  readonly json: string;
  readonly resolve: (id: string) => void;
  readonly reject: (error: unknown) => void;
}

/** What an event that waits takes beside its text. */
const EVENT_BYTES = 256;

const sizeOf = ({ json }: Pick<Waiting, 'json'>): number => json.length + EVENT_BYTES;

/**
 * The events of one session that its event store has not taken yet, in order. What a store that is
 * slow leaves waiting counts as unread: it is bounded by the session, by its principal and by all.
 */
export class EventQueue implements UnreadHolder {
  readonly principal: string | undefined;
  readonly #key: string;
  readonly #services: Services;
  readonly #budget: UnreadBudget;
  readonly #timer: Timer;
  readonly #store: (stream: number, json: string) => Promise<string>;
  #items: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | null = null;
  /** The store has not come back from an event that it was given up for. */
  #isHung = false;

  /**
   * @param timer how long the store may take for one event
   * @param store gives one event to the store; resolves with the id it got there
   */
  constructor(
    { key, principal }: UnreadOwner,
    share: { readonly services: Services; readonly unread: UnreadBudget },
    timer: Timer,
    store: (stream: number, json: string) => Promise<string>,
  ) {
    this.principal = principal;
    this.#key = key;
    this.#services = share.services;
    this.#budget = share.unread;
    this.#timer = timer;
    this.#store = store;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes an event, or says that nothing more can wait: the store hangs, or too much waits already. */
  put(stream: number, json: string): Promise<string> | undefined {
    if (this.#isHung) return undefined;
    if (this.#bytes > this.#services.limits.maxUnreadBytes) {
      this.#services.tripped('maxUnreadBytes', this.#key);
      return undefined;
    }
    const put = new Promise<string>((resolve, reject) => {
      this.#items.push({ stream, json, resolve, reject });
    });
    this.#count(sizeOf({ json }));
    // Not in the turn of whoever says something.
    this.#running ??= DONE.then(() => this.#run());
    return put;
  }

  /** Resolves when all that waits now was taken, or is given up. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Gives up all that waits: of a stream that lacks an event there is nothing to resume. */
  cutOldest(_bytes: number, limit: SharedLimit): number {
    if (this.#items.length > 0) this.#services.tripped(limit, this.#key);
    return this.#giveUp();
  }

  expire(): void {
    this.#giveUp();
  }

  #giveUp(): number {
    let bytes = 0;
    for (const item of this.#items.splice(0)) {
      bytes += sizeOf(item);
      item.reject(late());
    }
    this.#count(-bytes);
    return bytes;
  }

  async #run(): Promise<void> {
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
      const stored = this.#store(item.stream, item.json);
      if (await awaited(stored, this.#timer)) {
        await stored.then(item.resolve, item.reject);
      } else {
        item.reject(late());
        void this.#outlast(stored);
      }
      this.#count(-sizeOf(item));
    }
    this.#running = null;
  }

  /** Waits for a store that was given up: what is said meanwhile would only pile up. */
  async #outlast(stored: Promise<string>): Promise<void> {
    this.#isHung = true;
    this.#giveUp();
    await Promise.allSettled([stored]);
    this.#isHung = false;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes === 0) this.#budget.settled(this);
    else this.#budget.counted(this, this.#bytes);
  }
}

const DONE = Promise.resolve();

/** The error of an event store that is given up. */
export function late(): ActorsError {
  return new ActorsError('store-unavailable', 'the event store did not answer in time');
}
