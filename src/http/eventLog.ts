import type { EventStore } from '../store/eventStore.ts';
import type { SdkMessage } from '../wire/sdkTransport.ts';
import { BoundedMap } from '../base/boundedMap.ts';
import { ActorsError } from '../base/errors.ts';
import { type Timer, within } from '../base/within.ts';
import type { Services } from '../events/services.ts';
import { type EventPlace, formatEventId } from '../wire/eventId.ts';
import { messageFrame } from '../wire/sse.ts';

/** An event that the replay log has dropped and only the event store still has. */
export interface RecalledEvent {
  readonly sequence: number;
  readonly frame: string;
}

/** Where a stream begins in the store. */
interface Beginning {
  readonly id: Promise<string>;
  /** The number behind which the stream's events count on: 0, unless another process began it. */
  readonly base: number;
}

/** What the event logs of one runtime share. */
export interface EventLogShare {
  readonly services: Services;
  /** How long an event store may take for one thing. */
  readonly timers: { readonly storing: Timer };
}

/** What an event that waits takes beside its text. */
const EVENT_BYTES = 256;

/**
 * One session's share of an `EventStore` of the SDK: the events its replay log has dropped.
 *
 * The names of streams are made here, of the session's key, so the events of another session can
 * not be asked for. The name that the store gives back is checked against them.
 */
export class EventLog {
  readonly #store: EventStore;
  /** The session's key. */
  readonly #key: string;
  readonly #services: Services;
  /** How each stream begins in the store; `null` where the store lacks an event of it. */
  readonly #begins: BoundedMap<number, Beginning | null>;
  readonly #timer: Timer;
  #last: Promise<unknown> = Promise.resolve();
  /** Bytes that the store has not taken yet. */
  #waiting = 0;

  constructor(store: EventStore, key: string, { services, timers }: EventLogShare) {
    this.#store = store;
    this.#key = key;
    this.#services = services;
    this.#timer = timers.storing;
    this.#begins = new BoundedMap(services.limits.maxReplayEvents);
  }

  /** Stores what was said on a stream, in order. No caller waits for the store. */
  said(stream: number, sequence: number, json: string): void {
    if (!this.#begins.has(stream)) {
      // An empty message begins the stream, as in the SDK's own transport.
      this.#begins.set(stream, { id: this.#put(stream, '{}'), base: sequence - 1 });
    }
    if (this.#begins.get(stream) === null) return;
    const isBehind = this.#waiting > this.#services.limits.maxUnreadBytes;
    if (isBehind) this.#lose(stream, late());
    else this.#put(stream, json).catch((error: unknown) => this.#lose(stream, error));
  }

  /** Events of a stream after a place; `undefined` where the store can not give all of them. */
  async after(place: EventPlace): Promise<RecalledEvent[] | undefined> {
    const begin = this.#begins.get(place.stream);
    if (begin === undefined || begin === null) return undefined;
    // What came before is of another process, and not in the store's list from here.
    if (place.sequence < begin.base) return undefined;
    try {
      return await this.#within(() => this.#recall(place, begin));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  async #recall(
    { stream, sequence }: EventPlace,
    begin: Beginning,
  ): Promise<RecalledEvent[] | undefined> {
    await this.#last;
    if (this.#begins.get(stream) === null) return undefined;
    const events: RecalledEvent[] = [];
    let count = begin.base;
    const name = await this.#store.replayEventsAfter(await begin.id, {
      send: async (_id, message) => {
        if (++count <= sequence) return;
        const id = formatEventId(this.#key, stream, count);
        events.push({ sequence: count, frame: messageFrame(JSON.stringify(message), id) });
      },
    });
    return name === this.#nameOf(stream) ? events : undefined;
  }

  /** Gives up a stream of which the store lacks an event. */
  #lose(stream: number, error: unknown): void {
    if (this.#begins.get(stream) === null) return;
    this.#begins.set(stream, null);
    this.#failed(error);
  }

  /** Announces that the store failed: the events it was given may be lost. */
  #failed(error: unknown): void {
    this.#services.events.emit('store.failed', { session: this.#key, doing: 'append', error });
  }

  #put(stream: number, json: string): Promise<string> {
    const bytes = json.length + EVENT_BYTES;
    this.#waiting += bytes;
    const put = this.#last.then(() => {
      // Each event that came meanwhile would wait anew for a store that does not answer.
      if (this.#begins.get(stream) === null) throw late();
      const message = JSON.parse(json) as SdkMessage;
      return this.#within(async () => this.#store.storeEvent(this.#nameOf(stream), message));
    });
    const taken = (): void => {
      this.#waiting -= bytes;
    };
    // A caller may handle the failure and need not: the next event is stored all the same.
    this.#last = put.then(taken, taken);
    return put;
  }

  #within<T>(ask: () => Promise<T>): Promise<T> {
    return within(ask(), this.#timer, late);
  }

  /** The stream's name in the store. No underscores: some stores split their ids at them. */
  #nameOf(stream: number): string {
    return `${this.#key}-${stream}`;
  }
}

/** The error of an event store that is given up. */
function late(): ActorsError {
  return new ActorsError('store-unavailable', 'the event store did not answer in time');
}
