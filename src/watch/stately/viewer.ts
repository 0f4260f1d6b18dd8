import type { Clock } from '../../base/clock.ts';
import type { Player } from './cast.ts';
import { type StatelyActor, type StatelyPacket, WIRE_VERSION } from './packets.ts';

/** Where a viewer's packets go. */
export interface ViewerPort {
  send(packet: StatelyPacket): void;
  /** Bytes the viewer has not taken. */
  readonly unread: number;
  /** It is not worth waiting for. */
  cut(): void;
}

export interface ViewerLimits {
  /** Bytes it may leave unread; what comes beyond is dropped. */
  readonly maxBytes: number;
  /** How long it may stay over that. */
  readonly stallMs: number;
  /** Actors that wait to be announced. */
  readonly maxDue: number;
  /** Packets after which an actor is announced again before its next one. */
  readonly refreshEvery: number;
}

/**
 * One who watches. Every actor is announced, with its definition and its present snapshot, before
 * anything is told of it; and once more where something of it had to be dropped.
 */
export class Viewer {
  readonly #port: ViewerPort;
  readonly #root: Player;
  readonly #limits: ViewerLimits;
  readonly #clock: Clock;
  /** At which packet an actor was announced. */
  readonly #announced = new WeakMap<Player, number>();
  readonly #due = new Set<Player>();
  #fullSince: number | undefined;
  sent = 0;
  dropped = 0;

  constructor(port: ViewerPort, root: Player, limits: ViewerLimits, clock: Clock) {
    this.#port = port;
    this.#root = root;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Announces all these, as fast as they are taken. */
  meet(players: Iterable<Player>): void {
    for (const player of players) this.#due.add(player);
    this.pump();
  }

  tell(player: Player, packets: readonly StatelyPacket[]): void {
    // Parents first.
    for (const each of [this.#root, player]) if (this.#isStale(each)) this.#due.add(each);
    this.pump();
    // What is not told now is in the snapshot it will be announced with.
    if (this.#due.has(player) || this.#port.unread > this.#limits.maxBytes) {
      this.dropped += packets.length;
      this.#due.add(player);
      this.#wait();
      return;
    }
    for (const packet of packets) this.#send(packet);
  }

  /** Announces those that wait, while there is room: so that a crowd never fills the buffer. */
  pump(): void {
    if (this.#port.unread <= this.#limits.maxBytes / 2) this.#fullSince = undefined;
    for (const player of this.#due) {
      if (this.#port.unread > this.#limits.maxBytes / 2) return;
      this.#due.delete(player);
      this.#announce(player);
    }
  }

  #isStale(player: Player): boolean {
    const announced = this.#announced.get(player);
    return announced === undefined || this.sent - announced >= this.#limits.refreshEvery;
  }

  /** Who takes nothing for too long, or misses more than there are actors, is let go. */
  #wait(): void {
    const now = this.#clock.now();
    this.#fullSince ??= now;
    const { stallMs, maxDue } = this.#limits;
    if (now - this.#fullSince >= stallMs || this.#due.size > maxDue) this.#port.cut();
  }

  #announce(player: Player): void {
    const { sessionId, name, parentId, definition, snapshot, createdAt } = player;
    const packet: StatelyActor = {
      type: '@xstate.actor',
      name,
      sessionId,
      parentId,
      rootId: this.#root.sessionId,
      definition,
      snapshot,
      createdAt: `${createdAt}`,
      id: `${this.sent}`,
      _version: WIRE_VERSION,
    };
    this.#send(packet);
    this.#announced.set(player, this.sent);
  }

  #send(packet: StatelyPacket): void {
    this.sent++;
    this.#port.send(packet);
  }
}
