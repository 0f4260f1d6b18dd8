import type { Cluster, Redis } from 'ioredis';
import { ActorsError } from '../base/errors.ts';
import { discreet } from './discreet.ts';
import { Inbox, type InboxHost } from './inbox.ts';
import type { RedisAddress } from './options.ts';

/** A part of a command. */
export type Arg = string | number | Buffer;

/** Longest pause between two tries to connect. */
const MAX_PAUSE_MS = 200;

/** What a client tells. */
export interface ClientHost {
  /** A fresh connection can be used. */
  ready(): void;
  /** A connection failed, or could not be had. One thing may lead to another. */
  failed(error: Error): void;
  /** That was all of a connection. */
  closed(): void;
}

/**
 * How every client is used. A command goes out once, on the connection there is, and fails with that
 * connection: whether it is sent again is decided by whoever knows what it does.
 */
function manners(timeoutMs: number) {
  return {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
    retryStrategy: pauseMs,
    protocol: 2,
    replyMapping: 'legacy',
    keyPrefix: '',
    stringNumbers: false,
    enableAutoPipelining: false,
    lazyConnect: false,
    // A server that answers nothing does not say goodbye either.
    disconnectTimeout: 200,
  } as const;
}

function pauseMs(tries: number): number {
  return Math.min(20 * 2 ** Math.min(tries, 10), MAX_PAUSE_MS);
}

/** The door to `ioredis`: a client of our own, which connects again until it is closed. */
export class Client {
  readonly #redis: Redis | Cluster;
  readonly #timeoutMs: number;
  /** Answers that have come: a server that sends none any more is stuck. */
  #answers = 0;

  private constructor(redis: Redis | Cluster, timeoutMs: number, host: ClientHost) {
    this.#redis = redis;
    this.#timeoutMs = timeoutMs;
    redis.on('ready', () => host.ready());
    redis.on('error', (error: Error) => host.failed(discreet(error)));
    redis.on('close', () => host.closed());
  }

  /** @throws ActorsError `driver-missing` where `ioredis` is not installed */
  static async open(
    { url, client }: RedisAddress,
    timeoutMs: number,
    host: ClientHost,
  ): Promise<Client> {
    const options = manners(timeoutMs);
    const of = (redis: Redis | Cluster): Client => new Client(redis, timeoutMs, host);
    if (client === undefined) return of(await made(url ?? '', options));
    if (!client.isCluster) return of((client as Redis).duplicate(options));
    const { enableOfflineQueue, keyPrefix, retryStrategy: _, ...redisOptions } = options;
    const ours = {
      enableOfflineQueue,
      keyPrefix,
      clusterRetryStrategy: pauseMs,
      // Or a command whose connection was lost would be sent again.
      retryDelayOnFailover: 0,
      redisOptions,
    };
    return of((client as Cluster).duplicate([], ours));
  }

  get isReady(): boolean {
    return this.#redis.status === 'ready';
  }

  get isCluster(): boolean {
    return this.#redis.isCluster;
  }

  get answers(): number {
    return this.#answers;
  }

  /** Sends a command. Texts in its answer are bytes. @throws an error of the server or of the line */
  async command(name: string, ...args: readonly Arg[]): Promise<unknown> {
    try {
      const answer: unknown = await (this.#redis as Redis).callBuffer(name, ...args);
      this.#answers++;
      return answer;
    } catch (error) {
      if (isReply(error)) this.#answers++;
      throw discreet(error);
    }
  }

  /**
   * Makes a connection that hears what is published, to the server or, in a Redis Cluster, to the master
   * that has the slot of a channel.
   *
   * @throws an error of the server or of the line
   */
  async inbox(channel: string, host: InboxHost): Promise<Inbox> {
    const server = this.#redis.isCluster ? await this.#masterOf(channel) : (this.#redis as Redis);
    const options = { ...manners(this.#timeoutMs), retryStrategy: () => null };
    return new Inbox(
      server.duplicate({ ...options, autoResubscribe: false }),
      this.isCluster,
      host,
    );
  }

  async #masterOf(channel: string): Promise<Redis> {
    const cluster = this.#redis as Cluster;
    const slot = Number(await this.command('cluster', 'keyslot', channel));
    const [name] = cluster.slots[slot] ?? [];
    const masters = cluster.nodes('master');
    const found = masters.find(({ options }) => `${options.host}:${options.port}` === name);
    if (found === undefined) throw new Error('No server of the Redis Cluster has the slot');
    return found;
  }

  /** Gives up on the connection, and on what it still owes. Another one is made. */
  drop(): void {
    this.#redis.disconnect(true);
  }

  close(): void {
    this.#redis.disconnect();
  }
}

/** Whether an error is one that the server has answered with. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

async function made(url: string, options: ReturnType<typeof manners>): Promise<Redis> {
  const { Redis: Made } = await import('ioredis').catch((cause: unknown) => {
    const message = 'ioredis can not be loaded here: npm install ioredis';
    throw new ActorsError('driver-missing', message, { cause });
  });
  return new Made(url, options);
}
