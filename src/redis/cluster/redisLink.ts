import { outsideSessions } from '../../base/asyncContext.ts';
import { systemClock } from '../../base/clock.ts';
import { ActorsError } from '../../base/errors.ts';
import { type Timer, timerFor, within } from '../../base/within.ts';
import type { Incarnation } from '../../cluster/engine.ts';
import type { Link } from '../../cluster/link.ts';
import { WayTraffic } from '../../cluster/wayTraffic.ts';
import { Client, isReply } from '../client.ts';
import type { Inbox, InboxHost } from '../inbox.ts';
import type { RedisAddress } from '../options.ts';
import { Subscriptions } from './subscriptions.ts';

/** How soon another connection is made for an inbox that was lost. */
const PAUSE_MS = 20;

export interface RedisLinkOptions extends RedisAddress {
  /** What each channel begins with: in a Redis Cluster with a hash tag, so that all are in one slot. */
  readonly prefix: string;
  /** How long an answer of Redis may take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends frames by what Redis publishes: each incarnation has a channel as its inbox. One connection
 * publishes, one hears.
 */
export class RedisLink implements Link {
  readonly #options: RedisLinkOptions;
  readonly #timer: Timer;
  readonly #subscriptions: Subscriptions;
  readonly #unread = new Map<Incarnation, number>();
  readonly #traffic = new WayTraffic('redis');
  #client: Promise<Client> | null = null;
  /** Resolves when there was a connection that publishes, or there will be none. */
  readonly #begun: Promise<void>;
  #begin: () => void = () => {};
  /** A frame of this node to itself is on its way. */
  #isEchoing = false;
  #isClosed = false;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#timer = timerFor(systemClock, options.timeoutMs);
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
    this.#subscriptions = new Subscriptions({
      connect: (host) => this.#inbox(host),
      timer: this.#timer,
      pause,
    });
  }

  get generation(): number {
    return this.#subscriptions.generation;
  }

  /** @throws ActorsError `store-unavailable`, `driver-missing` */
  async listen(as: Incarnation, take: (frame: Buffer) => void): Promise<void> {
    await this.#subscriptions.add(this.#channel(as), (frame) => {
      this.#traffic.bytesIn += frame.length;
      take(frame);
    });
  }

  async deafen(as: Incarnation): Promise<void> {
    await this.#subscriptions.remove(this.#channel(as));
  }

  async send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (this.#isClosed) return 0;
    this.#count(to, frame.length);
    this.#traffic.bytesOut += frame.length;
    try {
      return await this.#publish(this.#channel(to), frame);
    } catch {
      // Whether the server had the frame before the connection was lost, nobody knows.
      return undefined;
    } finally {
      this.#count(to, -frame.length);
    }
  }

  unread(to: Incarnation): number {
    return this.#unread.get(to) ?? 0;
  }

  get traffic(): readonly WayTraffic[] {
    return [this.#traffic];
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#begin();
    const closed = this.#subscriptions.close();
    const client = await this.#client?.catch(() => undefined);
    client?.close();
    await closed;
  }

  async #publish(channel: string, frame: Buffer): Promise<number> {
    const client = await this.#connected();
    const { answers } = client;
    const { arrivals, generation } = this.#subscriptions;
    const isOwn = this.#subscriptions.hears(channel);
    const command = client.isCluster ? 'spublish' : 'publish';
    const late = (): Error => {
      if (client.isReady && client.answers === answers) client.drop();
      return new ActorsError('store-unavailable', 'Redis did not answer in time');
    };
    const heard = Number(await within(client.command(command, channel, frame), this.#timer, late));
    const { generation: now } = this.#subscriptions;
    if (isOwn && now === generation && this.#subscriptions.hears(channel)) {
      this.#watch(heard, arrivals);
    }
    return heard;
  }

  /** An inbox that does not get what this node itself has sent to it leads nowhere. */
  #watch(heard: number, arrivals: number): void {
    // The server that publishes is not the one that the inbox hears: there was a failover.
    if (heard === 0) return this.#subscriptions.drop();
    if (this.#isEchoing) return;
    this.#isEchoing = true;
    this.#timer(() => {
      this.#isEchoing = false;
      if (this.#subscriptions.arrivals === arrivals) this.#subscriptions.drop();
    });
  }

  async #connected(): Promise<Client> {
    const client = await this.#open();
    // Only who comes before there was a connection waits for one.
    if (!client.isReady) await within(this.#begun, this.#timer, notReached);
    if (!client.isReady) throw notReached();
    return client;
  }

  async #inbox(host: InboxHost): Promise<Inbox> {
    const client = await this.#open();
    const channel = this.#channel('');
    const inbox = outsideSessions(() => client.inbox(channel, host));
    try {
      return await within(inbox, this.#timer, notReached);
    } catch (error) {
      // One that comes too late is nobody's.
      inbox.then((late) => late.close()).catch(() => {});
      throw error;
    }
  }

  #open(): Promise<Client> {
    const { timeoutMs } = this.#options;
    return (this.#client ??= outsideSessions(() =>
      Client.open(this.#options, timeoutMs, {
        ready: () => void this.#warm(),
        // Each command fails with its connection, and tells whoever sends.
        failed: () => {},
        closed: () => {},
      }),
    ));
  }

  /** In a Redis Cluster, the client is ready before its connection to the server of our slot is. */
  async #warm(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const client = await this.#open();
        if (client.isCluster) await client.command('exists', this.#channel(''));
        break;
      } catch (error) {
        if (isReply(error)) break;
        await pause();
      }
    }
    this.#begin();
  }

  #channel(of: Incarnation): string {
    return `${this.#options.prefix}in:${of}`;
  }

  #count(to: Incarnation, bytes: number): void {
    const unread = this.unread(to) + bytes;
    if (unread === 0) this.#unread.delete(to);
    else this.#unread.set(to, unread);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimeout(resolve, PAUSE_MS));
}

function notReached(): ActorsError {
  return new ActorsError('store-unavailable', 'Redis is not reached');
}
