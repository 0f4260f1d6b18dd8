import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { BoundedMap } from '../base/boundedMap.ts';
import type { Services } from '../events/services.ts';
import { type EventPlace, formatEventId } from '../wire/eventId.ts';
import { messageFrame } from '../wire/sse.ts';

/** An event that only the store still has. */
export interface RecalledEvent {
  readonly sequence: number;
  readonly frame: string;
}

/**
 * One session's share of an `EventStore` of the SDK: what its own replay log has dropped.
 *
 * The store names streams by what it is given, so nothing of another session can be asked of it:
 * the names are made here, of the session's key. What it gives back is checked against them.
 */
export class EventLog {
  readonly #store: EventStore;
  /** Of the session. */
  readonly #key: string;
  readonly #services: Services;
  /** Where each stream begins in the store; `null` where something of it is missing. */
  readonly #begins: BoundedMap<number, Promise<string> | null>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: EventStore, key: string, services: Services) {
    this.#store = store;
    this.#key = key;
    this.#services = services;
    this.#begins = new BoundedMap(services.limits.maxReplayEvents);
  }

  /** Something was said on a stream. Stored in order; nobody waits for it. */
  said(stream: number, json: string): void {
    if (!this.#begins.has(stream)) {
      // Of no words, as the SDK's own transport begins a stream.
      this.#begins.set(stream, this.#put(stream, {} as JSONRPCMessage));
    }
    if (this.#begins.get(stream) === null) return;
    this.#put(stream, JSON.parse(json) as JSONRPCMessage).catch((error: unknown) => {
      this.#begins.set(stream, null);
      this.#failed(error);
    });
  }

  /** What a stream said after a place; `undefined` where nobody knows. */
  async after({ stream, sequence }: EventPlace): Promise<RecalledEvent[] | undefined> {
    const begin = this.#begins.get(stream);
    if (begin === undefined || begin === null) return undefined;
    const events: RecalledEvent[] = [];
    let count = 0;
    try {
      await this.#last;
      if (this.#begins.get(stream) === null) return undefined;
      const name = await this.#store.replayEventsAfter(await begin, {
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

  /** The store failed: what it was given may be lost. */
  #failed(error: unknown): void {
    this.#services.events.emit('store.failed', { session: this.#key, doing: 'append', error });
  }

  #put(stream: number, message: JSONRPCMessage): Promise<string> {
    const put = this.#last.then(() => this.#store.storeEvent(this.#nameOf(stream), message));
    // Who needs it hears that it failed; nobody has to.
    this.#last = put.catch(() => {});
    return put;
  }

  /** No underscores: some stores part their ids by them. */
  #nameOf(stream: number): string {
    return `${this.#key}-${stream}`;
  }
}
