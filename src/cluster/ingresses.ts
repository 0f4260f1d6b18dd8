import type { Incarnation } from './engine.ts';
import { OwnerWatch, type OwnerWatchHost, type Watched } from './ownerWatch.ts';

/** What watching ingresses needs of what a node serves for others. */
export interface IngressesOwner {
  /** Something is served for clients of a node. */
  serves(ingress: Incarnation): boolean;
  /** A node is gone, and its clients with it. */
  ended(ingress: Incarnation): void;
}

/** The nodes for whose clients this one serves: what is served for a node that is gone ends. */
export class Ingresses {
  readonly #watch: OwnerWatch;
  readonly #owner: IngressesOwner;
  /** One look for each, however much is served for it, and only while something is. */
  readonly #watched = new Map<Incarnation, Watched>();

  constructor(host: OwnerWatchHost, owner: IngressesOwner) {
    this.#watch = new OwnerWatch(host);
    this.#owner = owner;
  }

  /** How many nodes are looked at. */
  get size(): number {
    return this.#watched.size;
  }

  /** A node asks for something. */
  asked(by: Incarnation): void {
    if (this.#watched.has(by)) return;
    const watched: Watched = {
      ownerGone: () => {
        this.#forget(by, watched);
        this.#owner.ended(by);
      },
      ownerLives: () => {
        if (!this.#owner.serves(by)) this.#forget(by, watched);
      },
    };
    this.#watched.set(by, watched);
    this.#watch.add(by, watched);
  }

  #forget(by: Incarnation, watched: Watched): void {
    this.#watched.delete(by);
    this.#watch.delete(by, watched);
  }
}
