import type { DeadlineQueue, Deadlines } from '../base/deadlines.ts';
import type { Incarnation } from './engine.ts';

/** Something that an owner does for this node. */
export interface Watched {
  /** The owner's lease is over. */
  ownerGone(): void;
  /** The owner's lease lasts. */
  ownerLives(): void;
}

/** What the watch needs of its node. */
export interface OwnerWatchHost {
  readonly deadlines: Deadlines;
  /** How often a node looks at leases: a third of one, in whole milliseconds. */
  readonly beatMs: number;
  /** How long a node's lease lasts; 0: it is over. Rejects where the engine can not be asked. */
  leftMs(of: Incarnation): Promise<number>;
}

/** Looks at the leases of owners, each third of a lease: once for all that an owner does. */
export class OwnerWatch {
  readonly #host: OwnerWatchHost;
  readonly #watched = new Map<Incarnation, Set<Watched>>();
  readonly #due: DeadlineQueue<Incarnation>;

  constructor(host: OwnerWatchHost) {
    this.#host = host;
    this.#due = host.deadlines.queue(host.beatMs, (owner) => void this.#look(owner));
  }

  add(owner: Incarnation, watched: Watched): void {
    const all = this.#watched.get(owner);
    if (all !== undefined) return void all.add(watched);
    this.#watched.set(owner, new Set([watched]));
    this.#due.arm(owner);
  }

  /** The owner stays known until its next look: most exchanges are over long before that. */
  delete(owner: Incarnation, watched: Watched): void {
    this.#watched.get(owner)?.delete(watched);
  }

  async #look(owner: Incarnation): Promise<void> {
    if (!this.#isNeeded(owner)) return;
    const leftMs = await this.#leftMs(owner);
    for (const each of this.#watched.get(owner) ?? []) {
      if (leftMs === 0) each.ownerGone();
      else if (leftMs !== undefined) each.ownerLives();
    }
    if (this.#isNeeded(owner)) this.#due.arm(owner);
  }

  #isNeeded(owner: Incarnation): boolean {
    const isNeeded = (this.#watched.get(owner)?.size ?? 0) > 0;
    if (!isNeeded) this.#watched.delete(owner);
    return isNeeded;
  }

  async #leftMs(owner: Incarnation): Promise<number | undefined> {
    try {
      return await this.#host.leftMs(owner);
    } catch {
      // What can not be asked is not known, and asked again.
      return undefined;
    }
  }
}
