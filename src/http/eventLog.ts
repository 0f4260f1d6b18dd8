import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { BoundedMap } from '../base/boundedMap.ts';
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
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: EventStore, key: string, services: Services) {
    this.#store = store;
    this.#key = key;
    this.#services = services;
    this.#begins = new BoundedMap(services.limits.maxReplayEvents);
  }

  /** Stores what was said on a stream, in order. No caller waits for the store. */
  said(stream: number, sequence: number, json: string): void {
    if (!this.#begins.has(stream)) {
      // An empty message begins the stream, as in the SDK's own transport.
      const id = this.#put(stream, {} as JSONRPCMessage);
      this.#begins.set(stream, { id, base: sequence - 1 });
    }
    if (this.#begins.get(stream) === null) return;
    this.#put(stream, JSON.parse(json) as JSONRPCMessage).catch((error: unknown) => {
      this.#begins.set(stream, null);
      this.#failed(error);
    });
  }

  /** Events of a stream after a place; `undefined` where the store can not give all of them. */
  async after({ stream, sequence }: EventPlace): Promise<RecalledEvent[] | undefined> {
    const begin = this.#begins.get(stream);
    if (begin === undefined || begin === null) return undefined;
    const events: RecalledEvent[] = [];
    let count = begin.base;
    // What came before is of another process, and not in the store's list from here.
    if (sequence < begin.base) return undefined;
    try {
      await this.#last;
      if (this.#begins.get(stream) === null) return undefined;
      const name = await this.#store.replayEventsAfter(await begin.id, {
        send: async (_id, message) => {
          if (++count <= sequence) return;
          const id = formatEventId(this.#key, stream, count);
          events.push({ sequence: count, frame: messageFrame(JSON.stringify(message), id) });
        },
      });
      return name === this.#nameOf(stream) ? events : undefined;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** Announces that the store failed: the events it was given may be lost. */
  #failed(error: unknown): void {
    this.#services.events.emit('store.failed', { session: this.#key, doing: 'append', error });
  }

  #put(stream: number, message: JSONRPCMessage): Promise<string> {
    const put = this.#last.then(() => this.#store.storeEvent(this.#nameOf(stream), message));
    // A caller may handle the failure and need not: the next event is stored all the same.
    this.#last = put.catch(() => {});
    return put;
  }

  /** The stream's name in the store. No underscores: some stores split their ids at them. */
  #nameOf(stream: number): string {
    return `${this.#key}-${stream}`;
  }
}
