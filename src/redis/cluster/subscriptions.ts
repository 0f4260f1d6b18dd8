import { ActorsError } from '../../base/errors.ts';
import { type Timer, within } from '../../base/within.ts';
import { isReply } from '../client.ts';
import type { Inbox, InboxHost } from '../inbox.ts';
import { refusalOf } from '../refusalOf.ts';

export interface SubscriptionsHost {
  /** Makes a connection. It may fail, and is asked for another one then. */
  connect(host: InboxHost): Promise<Inbox>;
  /** How long one answer of the server may take. */
  readonly timer: Timer;
  /** A moment, before another connection is made. */
  pause(): Promise<void>;
}

interface Subscription {
  readonly take: (message: Buffer) => void;
  /** A connection has the channel. */
  readonly done: () => void;
  /** No connection will have the channel. */
  readonly refuse: (error: ActorsError) => void;
}

/**
 * The channels that this process hears. When their connection is lost, another one is made, and has all
 * channels before it counts.
 */
export class Subscriptions {
  readonly #host: SubscriptionsHost;
  readonly #all = new Map<string, Subscription>();
  /** The connection there is, or that is being made. */
  #opening: Inbox | null = null;
  /** The connection that has all channels. */
  #inbox: Inbox | null = null;
  #running: Promise<void> | null = null;
  /** What the last connection failed with. */
  #failure: unknown;
  #hasBegun = false;
  #isClosed = false;
  #generation = 0;
  #arrivals = 0;

  constructor(host: SubscriptionsHost) {
    this.#host = host;
  }

  /** Counts up when the connection is lost, and again when there is another one. */
  get generation(): number {
    return this.#generation;
  }

  /** How many messages have come. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** Whether a channel is heard, as far as is known. */
  hears(channel: string): boolean {
    return this.#inbox !== null && this.#all.has(channel);
  }

  /**
   * Hears a channel. Resolves when the server knows.
   *
   * @throws ActorsError `store-unavailable`, `driver-missing`: the channel is not heard then
   */
  async add(channel: string, take: (message: Buffer) => void): Promise<void> {
    if (this.#isClosed) throw closed();
    const isHeard = this.hears(channel);
    const subscribed = new Promise<void>((done, refuse) => {
      this.#all.set(channel, { take, done, refuse });
    });
    // Nobody waits for the promise of a channel that a living connection takes in.
    subscribed.catch(() => {});
    if (isHeard) return;
    this.#running ??= this.#run();
    try {
      const added = this.#inbox?.subscribe([channel]).catch((error: unknown) => {
        // Where the line was lost, the next connection has the channel.
        if (isReply(error)) throw error;
        return subscribed;
      });
      await within(added ?? subscribed, this.#host.timer, () => this.#late());
    } catch (error) {
      this.#all.delete(channel);
      throw error instanceof ActorsError ? error : refusalOf(error);
    }
  }

  /** Hears a channel no more. Resolves when the server knows, or the connection is lost. */
  async remove(channel: string): Promise<void> {
    if (!this.#all.delete(channel) || this.#inbox === null) return;
    try {
      await within(this.#inbox.unsubscribe(channel), this.#host.timer, () => this.#late());
    } catch {
      // The next connection does not have the channel.
      this.drop();
    }
  }

  /** Gives up on the connection, because it leads nowhere. */
  drop(): void {
    this.#inbox?.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#opening?.close();
    for (const { refuse } of this.#all.values()) refuse(closed());
    this.#all.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      await this.#live();
      if (!this.#isClosed) await this.#host.pause();
    }
  }

  /** One connection, from its beginning to its end. */
  async #live(): Promise<void> {
    const life = new Life((channel, message) => this.#take(channel, message));
    try {
      this.#opening = await this.#host.connect(life);
      if (this.#isClosed) return;
      await within(this.#open(this.#opening), this.#host.timer, () => this.#late());
      await life.end;
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#opening?.close();
      this.#opening = null;
      if (this.#inbox !== null) this.#generation++;
      this.#inbox = null;
    }
  }

  async #open(inbox: Inbox): Promise<void> {
    await inbox.ready();
    const has = new Set<string>();
    // Channels come and go meanwhile.
    for (;;) {
      const missing = [...this.#all.keys()].filter((channel) => !has.has(channel));
      const removed = [...has].find((channel) => !this.#all.has(channel));
      if (missing.length > 0) await inbox.subscribe(missing);
      else if (removed !== undefined) await inbox.unsubscribe(removed);
      else break;
      for (const channel of missing) has.add(channel);
      if (removed !== undefined && missing.length === 0) has.delete(removed);
    }
    if (this.#opening !== inbox) return;
    if (this.#hasBegun) this.#generation++;
    this.#hasBegun = true;
    this.#inbox = inbox;
    for (const { done } of this.#all.values()) done();
  }

  #take(channel: string, message: Buffer): void {
    this.#arrivals++;
    this.#all.get(channel)?.take(message);
  }

  #fail(error: unknown): void {
    this.#failure = error;
    // The server is there, and lets nobody in, or there is no driver: waiting would not help.
    if (error instanceof ActorsError && error.code === 'driver-missing') this.#turnAway(error);
    else if (isReply(error)) this.#turnAway(refusalOf(error));
  }

  #turnAway(error: ActorsError): void {
    for (const { refuse } of this.#all.values()) refuse(error);
  }

  #late(): ActorsError {
    const cause = this.#failure;
    return new ActorsError('store-unavailable', 'Redis is not reached', { cause });
  }
}

/** What one connection tells. */
class Life implements InboxHost {
  readonly heard: InboxHost['heard'];
  readonly end: Promise<void>;
  ended!: () => void;

  constructor(heard: InboxHost['heard']) {
    this.heard = heard;
    this.end = new Promise((resolve) => (this.ended = resolve));
  }
}

function closed(): ActorsError {
  return new ActorsError('store-unavailable', 'The link is closed');
}
