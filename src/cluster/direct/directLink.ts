import type { Clock } from '../../base/clock.ts';
import type { Traffic } from '../../events/clusterStats.ts';
import { decodeAbout } from '../about.ts';
import { bootOf, type Incarnation, type Member } from '../engine.ts';
import type { Link } from '../link.ts';
import type { WebSocketLink } from './webSocketLink.ts';

/** How soon the addresses of nodes are asked for again, where one is not known. */
const AGAIN_MS = 1000;

/** Where a node is reached by the others. */
export interface DirectOptions {
  /** The port that this process opens for the others: not the one of its clients. */
  readonly port: number;
  /** The address of this machine that the port is opened at. @default '127.0.0.1' */
  readonly host?: string;
  /** What the others dial: `ws://10.0.3.17:7400`, or `wss://…` where something in front has TLS. */
  readonly address: string;
}

export interface DirectLinkOptions {
  readonly direct: DirectOptions;
  /** The process, as its incarnations name it. */
  readonly boot: string;
  readonly cluster: string;
  readonly secrets: readonly [string, ...string[]];
  /** Carries what can not go from node to node. Closed with this link. */
  readonly fallback: Link;
  readonly clock: Clock;
  /** The nodes whose leases last. */
  members(): Promise<readonly Member[]>;
}

/**
 * A link from node to node whose addresses are those that nodes give of themselves. Its port is opened
 * when the link is first listened on, and tried again where the port could not be had.
 */
export class DirectLink implements Link {
  readonly #options: DirectLinkOptions;
  readonly #addresses = new Map<string, string>();
  #opening: Promise<WebSocketLink> | null = null;
  #link: WebSocketLink | null = null;
  #askedAt = -Infinity;
  #isClosed = false;

  constructor(options: DirectLinkOptions) {
    this.#options = options;
  }

  get generation(): number {
    return (this.#link ?? this.#options.fallback).generation;
  }

  /** @throws Error of the system, where the port can not be had @throws what the fallback throws */
  async listen(as: Incarnation, take: (frame: Buffer) => void): Promise<void> {
    await (await this.#open()).listen(as, take);
  }

  async deafen(as: Incarnation): Promise<void> {
    await this.#link?.deafen(as);
  }

  async send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (this.#isClosed) return 0;
    // Nobody speaks before it listens; what is said all the same goes the other way.
    return (this.#link ?? this.#options.fallback).send(to, frame);
  }

  unread(to: Incarnation): number {
    return (this.#link ?? this.#options.fallback).unread(to);
  }

  get traffic(): readonly Traffic[] {
    return (this.#link ?? this.#options.fallback).traffic;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening?.catch(() => {});
    await (this.#link ?? this.#options.fallback).close();
  }

  async #open(): Promise<WebSocketLink> {
    this.#opening ??= this.#begin();
    try {
      return (this.#link = await this.#opening);
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  /** The package `ws` is loaded where it is asked for, and nowhere else. */
  async #begin(): Promise<WebSocketLink> {
    const { WebSocketLink: Made } = await import('./webSocketLink.ts');
    const addressOf = (to: Incarnation): string | undefined => this.#addressOf(to);
    return Made.open({ ...this.#options, ...this.#options.direct, addressOf });
  }

  #addressOf(to: Incarnation): string | undefined {
    const address = this.#addresses.get(bootOf(to));
    if (address === undefined) this.#ask();
    return address;
  }

  /** Asks for the addresses of all nodes. Until they are known, frames go the other way. */
  #ask(): void {
    const now = this.#options.clock.now();
    if (now - this.#askedAt < AGAIN_MS) return;
    this.#askedAt = now;
    this.#options
      .members()
      .then((members) => this.#note(members))
      // The engine can not be asked: the next frame asks again.
      .catch(() => {});
  }

  #note(members: readonly Member[]): void {
    this.#addresses.clear();
    for (const { incarnation, about } of members) {
      const address = decodeAbout(about)?.address;
      if (address !== undefined) this.#addresses.set(bootOf(incarnation), address);
    }
  }
}
