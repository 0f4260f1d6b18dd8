import type { Incarnation } from '../engine.ts';
import type { PeerConnection } from './peerConnection.ts';

export interface PeerHost {
  /** Begins a connection; `undefined` where the other node has no address. */
  dial(to: Incarnation): PeerConnection | undefined;
  /** The way that is always there. */
  send(to: Incarnation, frame: Buffer): Promise<number | undefined>;
  now(): number;
  /** How long a node that could not be dialled is left alone. */
  readonly redialMs: number;
}

/** Which way frames take. */
type Way = 'old' | 'none' | 'direct';

/**
 * The ways of this node to one other: a connection between the two, and the old way where there is none.
 * A frame never overtakes another: the way is changed when all that was sent on the old one is there.
 */
export class Peer {
  readonly #host: PeerHost;
  #way: Way = 'old';
  #connection: PeerConnection | null = null;
  /** A connection that this node has asked for. */
  #dialled: PeerConnection | null = null;
  #redialAt = -Infinity;
  /** To whom something went by the old way, since that way was left last. */
  readonly #sentTo = new Set<Incarnation>();
  /** Frames that are on the old way. */
  #sending = 0;
  /** What waits until there is a way. */
  #held: (() => void)[] = [];

  constructor(host: PeerHost) {
    this.#host = host;
  }

  /** Nothing is open or under way: the peer may be forgotten. */
  get isIdle(): boolean {
    return this.#way === 'old' && this.#dialled === null && this.#sending === 0;
  }

  async send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (this.#way === 'old') this.#dial(to);
    if (this.#way !== 'none') return await this.#pass(to, frame);
    return await new Promise((resolve) => this.#held.push(() => resolve(this.#pass(to, frame))));
  }

  /** Takes a connection, of whoever dialled, unless there is one. */
  opened(connection: PeerConnection): void {
    // A second one, of nodes that dialled each other at once, is only heard.
    this.#dialled = null;
    if (this.#connection !== null) return;
    this.#connection = connection;
    this.#way = 'none';
    void this.#change(connection);
  }

  closed(connection: PeerConnection): void {
    if (connection === this.#dialled) {
      this.#dialled = null;
      this.#redialAt = this.#host.now() + this.#host.redialMs;
      if (this.#connection === null) this.#take('old');
    }
    if (connection === this.#connection) {
      // One that was cut before it could be used is not tried again at once.
      if (this.#way === 'none') this.#redialAt = this.#host.now() + this.#host.redialMs;
      this.#connection = null;
      this.#take('old');
    }
  }

  async #pass(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (this.#way === 'direct' && this.#connection !== null) {
      return await this.#connection.send(to, frame);
    }
    this.#sentTo.add(to);
    this.#sending++;
    try {
      return await this.#host.send(to, frame);
    } finally {
      this.#sending--;
    }
  }

  #dial(to: Incarnation): void {
    if (this.#dialled !== null || this.#host.now() < this.#redialAt) return;
    this.#dialled = this.#host.dial(to) ?? null;
    // Where nothing went by the old way, nothing has to wait for what is there.
    if (this.#dialled !== null && this.#sentTo.size === 0) this.#way = 'none';
  }

  /** Waits until everything on the old way is there: a mark behind it says so. */
  async #change(connection: PeerConnection): Promise<void> {
    let marks = 0;
    for (const to of this.#sentTo) {
      const heard = await this.#host.send(to, connection.greeted!.ownMark);
      if (heard === undefined) connection.cut();
      // Where nobody listens, nothing can come any more.
      else if (heard > 0) await connection.arrivals(++marks);
    }
    if (this.#connection !== connection || !connection.isOpen) return;
    this.#sentTo.clear();
    this.#take('direct');
  }

  #take(way: Way): void {
    this.#way = way;
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }
}
