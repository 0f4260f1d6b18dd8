import { outsideSessions } from '../../base/asyncContext.ts';
import { systemClock } from '../../base/clock.ts';
import { timerFor } from '../../base/within.ts';
import type { Beat, Engine, Incarnation, Member, Space } from '../../cluster/engine.ts';
import { Client } from '../client.ts';
import { Link } from '../link.ts';
import { checkAddress, checkPrefix, type RedisAddress } from '../options.ts';
import { Leases } from './leases.ts';
import { RedisSpace } from './redisSpace.ts';

/** How soon a question whose connection was lost is asked again. */
const PAUSE_MS = 20;

export interface RedisEngineOptions extends RedisAddress {
  /** What each key of the cluster begins with. In a Redis Cluster the prefix needs a hash tag. */
  readonly prefix: string;
  /** How long one operation may take, reconnections included; then it is `store-unavailable`. */
  readonly timeoutMs: number;
}

/**
 * An engine in Redis 7 or later, or Valkey, with one connection for sessions and one for leases. Nothing
 * is connected before the engine is used.
 *
 * What a lost connection left open is asked again on the next one, and refused there by another server:
 * each script that changes a session names the server that is meant.
 *
 * @throws ActorsError `bad-option`
 */
export function redisEngine(options: RedisEngineOptions): Engine {
  checkAddress(options);
  checkPrefix(options.prefix);
  return new EngineInRedis(options);
}

class EngineInRedis implements Engine {
  readonly #prefix: string;
  readonly #sessions: Link;
  readonly #beats: Link;
  readonly #leases: Leases;
  readonly #spaces = new Map<string | undefined, Space>();
  readonly #listeners: (() => void)[] = [];

  constructor(options: RedisEngineOptions) {
    const { prefix } = options;
    this.#prefix = prefix;
    const changed = (): void => this.#tell();
    this.#sessions = linkTo(options, { fresh: () => {}, again: changed });
    this.#beats = linkTo(options, { fresh: () => this.#leases.renewed(), again: changed });
    this.#leases = new Leases({ link: this.#beats, prefix, changed });
  }

  async join(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#leases.join(as, leaseMs, about);
  }

  async renew(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#leases.renew(as, leaseMs, about);
  }

  async leave(as: Incarnation): Promise<void> {
    await this.#leases.leave(as);
  }

  async leftMs(of: Incarnation): Promise<number> {
    return this.#leases.leftMs(of);
  }

  async members(): Promise<readonly Member[]> {
    return this.#leases.members();
  }

  space(name: string | undefined): Space {
    const server = (): string => this.#leases.server;
    const made = { link: this.#sessions, prefix: this.#prefix, server };
    const space = this.#spaces.get(name) ?? new RedisSpace(made, name);
    this.#spaces.set(name, space);
    return space;
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#sessions.close();
    this.#beats.close();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

interface LinkListener {
  /** There is a connection. */
  fresh(): void;
  /** A connection was lost, and there is one again. */
  again(): void;
}

function linkTo(options: RedisEngineOptions, listener: LinkListener): Link {
  const clock = systemClock;
  let connections = 0;
  return new Link({
    // The connection is nobody's session's, whoever asks first.
    connect: (host) => outsideSessions(() => Client.open(options, options.timeoutMs, host)),
    timer: timerFor(clock, options.timeoutMs),
    pause: () => new Promise((resolve) => void clock.setTimeout(resolve, PAUSE_MS)),
    renewed: () => {
      listener.fresh();
      if (connections++ > 0) listener.again();
    },
  });
}
