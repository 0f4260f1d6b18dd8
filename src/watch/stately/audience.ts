import type { Clock } from '../../base/clock.ts';
import { ActorsError } from '../../base/errors.ts';
import type { Cast } from './cast.ts';
import type { Player } from './player.ts';
import { type StatelyPacket, WIRE_VERSION } from './packets.ts';
import { Viewer, type ViewerLimits, type ViewerPort } from './viewer.ts';

export interface AudienceLimits extends Omit<ViewerLimits, 'refreshEvery'> {
  readonly maxViewers: number;
}

/** All viewers of one runtime. */
export class Audience {
  readonly clock: Clock;
  readonly #cast: Cast;
  readonly #limits: AudienceLimits;
  readonly #viewers = new Map<ViewerPort, Viewer>();
  /** Packets of all viewers there ever were; `cut`: viewers that stalled or threw. */
  readonly totals = { sent: 0, dropped: 0, cut: 0 };
  #packets = 0;

  constructor(cast: Cast, limits: AudienceLimits, clock: Clock) {
    this.#cast = cast;
    this.#limits = limits;
    this.clock = clock;
  }

  get size(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.size >= this.#limits.maxViewers;
  }

  /**
   * Adds a viewer, which is told of every known actor first.
   *
   * @throws ActorsError `not-admitted` where `maxViewers` watch
   */
  join(port: ViewerPort, refreshEvery = Infinity): Viewer {
    const { maxViewers } = this.#limits;
    if (this.isFull) throw new ActorsError('not-admitted', `maxViewers (${maxViewers}) watch`);
    const limits = { ...this.#limits, refreshEvery };
    const viewer = new Viewer(port, this.#cast.root, limits, this.clock, this.totals);
    this.#viewers.set(port, viewer);
    viewer.meet(this.#cast.players());
    return viewer;
  }

  leave(port: ViewerPort): void {
    this.#viewers.delete(port);
  }

  /** Announces actors, which were there before the bridge listened, to every viewer. */
  meet(players: readonly Player[]): void {
    for (const viewer of this.#viewers.values()) viewer.meet(players);
  }

  /** Tells viewers an event that an actor was told, and its snapshot where the actor `moved`. */
  tell(player: Player, at: number, event: { readonly type: string }, moved: boolean): void {
    if (this.size === 0) return;
    const common = {
      sessionId: player.sessionId,
      rootId: this.#cast.root.sessionId,
      createdAt: `${at}`,
      _version: WIRE_VERSION,
      event,
    };
    const packets: StatelyPacket[] = [
      { ...common, type: '@xstate.event', id: this.#nextId(), sourceId: undefined },
    ];
    if (moved) {
      const { snapshot } = player;
      packets.push({ ...common, type: '@xstate.snapshot', id: this.#nextId(), snapshot });
    }
    for (const viewer of this.#viewers.values()) viewer.tell(player, packets);
  }

  #nextId(): string {
    return `told-${++this.#packets}`;
  }
}
