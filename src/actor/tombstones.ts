import type { EndReason } from '../../machines/session.ts';
import { BoundedMap } from '../base/boundedMap.ts';
import type { Digest } from '../base/ids.ts';

/** What is left of an actor that ended. */
interface Tombstone {
  readonly principal: string | undefined;
  readonly reason: EndReason;
}

/** Why the last actors ended: bounded, and by digest, so that no id outlives its session here. */
export class Tombstones {
  readonly #digest: Digest;
  readonly #stones: BoundedMap<string, Tombstone>;

  constructor(digest: Digest, max: number) {
    this.#digest = digest;
    this.#stones = new BoundedMap(max);
  }

  bury(id: string, principal: string | undefined, reason: EndReason): void {
    this.#stones.set(this.#digest(id), { principal, reason });
  }

  /** An id is used again, by an actor that has nothing of the last one. */
  exhume(id: string): void {
    this.#stones.delete(this.#digest(id));
  }

  /** An actor of this id has ended for good, whatever a store may still say of its session. */
  has(id: string): boolean {
    const stone = this.#stones.get(this.#digest(id));
    return stone !== undefined && stone.reason !== 'drained';
  }

  /** Why an actor ended; only its own principal is told. */
  reasonOf(id: string, principal: string | undefined): EndReason | undefined {
    const stone = this.#stones.get(this.#digest(id));
    return stone?.principal === principal ? stone?.reason : undefined;
  }
}
