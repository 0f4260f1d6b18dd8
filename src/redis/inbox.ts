import type { Redis } from 'ioredis';
import { discreet } from './discreet.ts';

/** What an inbox tells. */
export interface InboxHost {
  /** A message came on a channel. */
  heard(channel: string, message: Buffer): void;
  /** The connection is no more, or leads to a server that does not have the channels any more. */
  ended(): void;
}

/** One connection that hears what is published. */
export class Inbox {
  readonly #redis: Redis;
  readonly #isSharded: boolean;
  readonly #ready: Promise<void>;

  constructor(redis: Redis, isSharded: boolean, host: InboxHost) {
    this.#redis = redis;
    this.#isSharded = isSharded;
    this.#ready = new Promise((resolve, reject) => {
      let reason: Error | undefined;
      redis.once('ready', resolve);
      redis.on('error', (error: Error) => (reason ??= discreet(error)));
      redis.once('end', () => reject(reason ?? new Error('The connection was closed')));
    });
    // Whoever does not wait for an inbox hears of its end.
    this.#ready.catch(() => {});
    redis.once('end', () => host.ended());
    // The slot of its channels has left the server.
    redis.on('moved', () => redis.disconnect());
    const event = isSharded ? 'smessageBuffer' : 'messageBuffer';
    redis.on(event, (channel: Buffer, message: Buffer) => host.heard(channel.toString(), message));
  }

  /** Resolves when the connection can be used. @throws what it failed with */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** @throws an error of the server or of the line */
  async subscribe(channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    await this.#call(this.#isSharded ? 'ssubscribe' : 'subscribe', channels);
  }

  /** @throws an error of the server or of the line */
  async unsubscribe(channel: string): Promise<void> {
    await this.#call(this.#isSharded ? 'sunsubscribe' : 'unsubscribe', [channel]);
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #call(name: string, channels: readonly string[]): Promise<void> {
    try {
      await this.#redis.call(name, ...channels);
    } catch (error) {
      throw discreet(error);
    }
  }
}
