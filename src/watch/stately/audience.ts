import type { Clock } from '../../base/clock.ts';
import { ActorsError } from '../../base/errors.ts';
import type { Cast, Player } from './cast.ts';
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
  readonly #viewers = new Set<Viewer>();
  #packets = 0;
  #sentToGone = 0;
  #droppedForGone = 0;
  /** Viewers that were cut: they stalled, or their function threw. */
  cut = 0;

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

  get sent(): number {
    return [...this.#viewers].reduce((sum, { sent }) => sum + sent, this.#sentToGone);
  }

  get dropped(): number {
    return [...this.#viewers].reduce((sum, { dropped }) => sum + dropped, this.#droppedForGone);
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
    const viewer = new Viewer(port, this.#cast.root, limits, this.clock);
    this.#viewers.add(viewer);
    viewer.meet(this.#cast.players());
    return viewer;
  }

  leave(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    this.#sentToGone += viewer.sent;
    this.#droppedForGone += viewer.dropped;
  }

  /** Announces actors, which were there before the bridge listened, to every viewer. */
  meet(players: readonly Player[]): void {
    for (const viewer of this.#viewers) viewer.meet(players);
  }

  /** Tells viewers an event that an actor was told, and its snapshot where the actor `moved`. */
  tell(player: Player, at: number, event: { readonly type: string }, moved: boolean): void {
    if (this.#viewers.size === 0) return;
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
    for (const viewer of this.#viewers) viewer.tell(player, packets);
  }

  #nextId(): string {
    return `told-${++this.#packets}`;
  }
}
