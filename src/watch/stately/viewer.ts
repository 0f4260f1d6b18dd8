import type { Clock } from '../../base/clock.ts';
import type { Player } from './player.ts';
import { type StatelyPacket, WIRE_VERSION } from './packets.ts';

/** Where a viewer's packets go. */
export interface ViewerPort {
  send(packet: StatelyPacket): void;
  /** Bytes the viewer has not taken. */
  readonly unread: number;
  /** Lets the viewer go: it has stalled. */
  cut(): void;
}

export interface ViewerLimits {
  /** Bytes a viewer may leave unread; packets beyond are dropped. */
  readonly maxBytes: number;
  /** How long a viewer may stay over `maxBytes`. */
  readonly stallMs: number;
  /** Actors that may wait to be announced. */
  readonly maxDue: number;
  /** Packets after which an actor is announced again before its next one. */
  readonly refreshEvery: number;
}

/**
 * A viewer of the actors. Each actor is announced, with its definition and its present snapshot,
 * before any event of the actor is told, and again where an event of the actor had to be dropped.
 */
export class Viewer {
  readonly #port: ViewerPort;
  readonly #root: Player;
  readonly #limits: ViewerLimits;
  readonly #clock: Clock;
  readonly #totals: Pick<Viewer, 'sent' | 'dropped'>;
  /** The number of packets sent when each actor was announced. */
  readonly #announced = new WeakMap<Player, number>();
  readonly #due = new Set<Player>();
  #fullSince: number | undefined;
  sent = 0;
  dropped = 0;

  /** @param totals counts of all viewers, which this viewer adds to */
  constructor(
    port: ViewerPort,
    root: Player,
    limits: ViewerLimits,
    clock: Clock,
    totals: Pick<Viewer, 'sent' | 'dropped'>,
  ) {
    this.#port = port;
    this.#root = root;
    this.#limits = limits;
    this.#clock = clock;
    this.#totals = totals;
  }

  /** Announces these actors, as fast as the viewer takes the packets. */
  meet(players: Iterable<Player>): void {
    for (const player of players) this.#due.add(player);
    this.pump();
  }

  tell(player: Player, packets: readonly StatelyPacket[]): void {
    // A parent is announced before its children.
    for (const each of lineageOf(player)) if (this.#isStale(each)) this.#due.add(each);
    this.pump();
    // An event dropped now is in the snapshot that the actor will be announced with.
    if (this.#due.has(player) || this.#port.unread > this.#limits.maxBytes) {
      this.dropped += packets.length;
      this.#totals.dropped += packets.length;
      this.#due.add(player);
      this.#wait();
      return;
    }
    for (const packet of packets) this.#send(packet);
  }

  /** Announces waiting actors while there is room, so that many actors never fill the buffer. */
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

  /** Cuts a viewer that takes nothing for too long, or misses more actors than there are. */
  #wait(): void {
    const now = this.#clock.now();
    this.#fullSince ??= now;
    const { stallMs, maxDue } = this.#limits;
    if (now - this.#fullSince >= stallMs || this.#due.size > maxDue) this.#port.cut();
  }

  #announce(player: Player): void {
    const { sessionId, name, parent, definition, snapshot, createdAt } = player;
    this.#send({
      type: '@xstate.actor',
      name,
      sessionId,
      parentId: parent?.sessionId,
      rootId: this.#root.sessionId,
      definition,
      snapshot,
      createdAt: `${createdAt}`,
      id: `${this.sent}`,
      _version: WIRE_VERSION,
    });
    this.#announced.set(player, this.sent);
  }

  #send(packet: StatelyPacket): void {
    this.sent++;
    this.#totals.sent++;
    this.#port.send(packet);
  }
}

/** A player with all that are above, the root first. */
function lineageOf(player: Player): Player[] {
  return player.parent === undefined ? [player] : [...lineageOf(player.parent), player];
}
