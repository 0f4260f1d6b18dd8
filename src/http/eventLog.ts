import type { EventStore } from '../store/eventStore.ts';
import type { SdkMessage } from '../wire/sdkTransport.ts';
import { BoundedMap } from '../base/boundedMap.ts';
import { type Timer, within } from '../base/within.ts';
import type { Services } from '../events/services.ts';
import { type EventPlace, formatEventId } from '../wire/eventId.ts';
import { messageFrame } from '../wire/sse.ts';
import { EventQueue, late } from './eventQueue.ts';
import { Recall } from './recall.ts';
import type { UnreadOwner } from './unread.ts';
import type { UnreadBudget } from './unreadBudget.ts';

/** Where a stream begins in the store. */
interface Beginning {
  readonly id: Promise<string>;
  /** The number behind which the stream's events count on: 0, unless another process began it. */
  readonly base: number;
}

/** What the event logs of one runtime share. */
export interface EventLogShare {
  readonly services: Services;
  readonly unread: UnreadBudget;
  /** How long an event store may take for one thing. */
  readonly timers: { readonly storing: Timer };
}

/**
 * One session's share of an `EventStore` of the SDK: the events its replay log has dropped.
 *
 * The names of streams are made here, of the session's key, so the events of another session can
 * not be asked for. The name that the store gives back is checked against them.
 */
export class EventLog {
  readonly #store: EventStore;
  readonly #owner: UnreadOwner;
  readonly #share: EventLogShare;
  readonly #queue: EventQueue;
  /** How each stream begins in the store; `null` where the store lacks an event of it. */
  readonly #begins: BoundedMap<number, Beginning | null>;

  constructor(store: EventStore, owner: UnreadOwner, share: EventLogShare) {
    this.#store = store;
    this.#owner = owner;
    this.#share = share;
    this.#begins = new BoundedMap(share.services.limits.maxReplayEvents);
    this.#queue = new EventQueue(owner, share, share.timers.storing, async (stream, json) => {
      // Of a stream that lacks an event, the rest is of no use.
      if (this.#begins.get(stream) === null) throw late();
      const message = JSON.parse(json) as SdkMessage;
      return store.storeEvent(this.#nameOf(stream), message);
    });
  }

  /** Stores what was said on a stream, in order. No caller waits for the store. */
  said(stream: number, sequence: number, json: string): void {
    if (!this.#begins.has(stream)) {
      // An empty message begins the stream, as in the SDK's own transport.
      const id = this.#put(stream, '{}');
      if (id !== undefined) this.#begins.set(stream, { id, base: sequence - 1 });
    }
    if (this.#begins.get(stream) !== null) void this.#put(stream, json);
  }

  /**
   * Recalls the events of a stream after a place.
   *
   * @param use is given what the store still has; it is dropped then
   * @returns what `use` returned; `undefined` where the store can not give the events
   */
  async recall<T>(place: EventPlace, use: (recall: Recall) => T): Promise<T | undefined> {
    const begin = this.#begins.get(place.stream);
    if (begin === undefined || begin === null) return undefined;
    // What came before is of another process, and not in the store's list from here.
    if (place.sequence < begin.base) return undefined;
    const recall = new Recall(this.#owner, this.#share);
    try {
      return (await this.#isGiven(place, begin, recall)) ? use(recall) : undefined;
    } finally {
      // A store that was given up may go on giving.
      recall.expire();
    }
  }

  /** Whether the store gives the events of a stream, and in time. */
  async #isGiven(place: EventPlace, begin: Beginning, recall: Recall): Promise<boolean> {
    try {
      const isRight = this.#read(place, begin, recall);
      return await within(isRight, this.#share.timers.storing, late);
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** @returns the store gave events of the right stream, and nobody needed their room more */
  async #read(
    { stream, sequence }: EventPlace,
    begin: Beginning,
    recall: Recall,
  ): Promise<boolean> {
    await this.#queue.settled();
    if (this.#begins.get(stream) === null) return false;
    let count = begin.base;
    const name = await this.#store.replayEventsAfter(await begin.id, {
      send: async (_id, message) => {
        if (++count <= sequence) return;
        const id = formatEventId(this.#owner.key, stream, count);
        recall.take({ sequence: count, frame: messageFrame(JSON.stringify(message), id) });
      },
    });
    return name === this.#nameOf(stream) && !recall.isCut;
  }

  /** Gives an event to the store, which may never take it: then the stream is lost. */
  #put(stream: number, json: string): Promise<string> | undefined {
    const put = this.#queue.put(stream, json);
    if (put === undefined) this.#lose(stream, late());
    else put.catch((error: unknown) => this.#lose(stream, error));
    return put;
  }

  /** Gives up a stream of which the store lacks an event. */
  #lose(stream: number, error: unknown): void {
    if (this.#begins.get(stream) === null) return;
    this.#begins.set(stream, null);
    this.#failed(error);
  }

  /** Announces that the store failed: the events it was given may be lost. */
  #failed(error: unknown): void {
    const { events } = this.#share.services;
    events.emit('store.failed', { session: this.#owner.key, doing: 'append', error });
  }

  /** The stream's name in the store. No underscores: some stores split their ids at them. */
  #nameOf(stream: number): string {
    return `${this.#owner.key}-${stream}`;
  }
}
