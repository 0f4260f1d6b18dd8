import { Ranking } from './ranking.ts';

/** Who holds bytes, and for whom. */
export interface Holder {
  readonly principal: string | undefined;
}

/** What the holders of one principal hold; those without a principal hold together. */
export class Share<H extends Holder> {
  readonly principal: string | undefined;
  readonly holders = new Map<H, number>();
  bytes = 0;

  constructor(principal: string | undefined) {
    this.principal = principal;
  }

  /** Notes what a holder holds. @returns by how much that is more than before */
  count(holder: H, bytes: number): number {
    const grown = bytes - (this.holders.get(holder) ?? 0);
    this.holders.set(holder, bytes);
    this.bytes += grown;
    return grown;
  }
}

/**
 * What many holders hold, by principal: finds who is to make room. Counting is O(1); nothing is
 * sorted before there is too much.
 */
export class Shares<H extends Holder> {
  readonly #shares = new Map<string | undefined, Share<H>>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** What the holders of a principal hold. */
  of(principal: string | undefined): number {
    return this.#shares.get(principal)?.bytes ?? 0;
  }

  get isEmpty(): boolean {
    return this.#shares.size === 0;
  }

  /** Notes what a holder holds. @returns the share that it is part of */
  count(holder: H, bytes: number): Share<H> {
    const { principal } = holder;
    const share = this.#shares.get(principal) ?? new Share(principal);
    this.#shares.set(principal, share);
    this.#bytes += share.count(holder, bytes);
    return share;
  }

  /** A holder holds nothing any more. */
  delete(holder: H): void {
    const share = this.#shares.get(holder.principal);
    if (share?.holders.has(holder) !== true) return;
    this.#bytes += share.count(holder, 0);
    share.holders.delete(holder);
    if (share.holders.size === 0) this.#shares.delete(holder.principal);
  }

  /** Every holder there is, also while some of them are deleted. */
  *holders(): Generator<H> {
    for (const { holders } of this.#shares.values()) yield* holders.keys();
  }

  /**
   * Has whoever holds most lose, until no more than a goal is left: the principal with most, of its
   * holders the one with most, one step after the other.
   *
   * @param goal what all of them, or those of one share, may hold
   * @param lose has a holder lose something; returns how much, 0 where there is nothing to lose
   */
  takeFromMost(goal: number, lose: (holder: H) => number, only?: Share<H>): void {
    const principals = new Ranking<Loser<H>>((a, b) => a.bytes > b.bytes);
    for (const share of only === undefined ? this.#shares.values() : [only]) {
      principals.put(new Loser(share));
    }
    let left = only === undefined ? this.#bytes : only.bytes;
    for (let most = principals.first(); most !== undefined && left > goal;) {
      const gone = most.lose(lose);
      left -= gone;
      if (gone === 0) principals.delete(most);
      else principals.put(most);
      most = principals.first();
    }
  }
}

interface Held<H> {
  readonly holder: H;
  bytes: number;
}

/** A principal whose holders are to lose, the one with most first. */
class Loser<H extends Holder> {
  bytes: number;
  readonly #held = new Ranking<Held<H>>((a, b) => a.bytes > b.bytes);

  constructor({ bytes, holders }: Share<H>) {
    this.bytes = bytes;
    for (const [holder, held] of holders) this.#held.put({ holder, bytes: held });
  }

  /** @returns how much is lost; 0 where none of its holders has anything to lose */
  lose(lose: (holder: H) => number): number {
    for (let most = this.#held.first(); most !== undefined; most = this.#held.first()) {
      const gone = lose(most.holder);
      if (gone > 0) {
        this.bytes -= gone;
        most.bytes -= gone;
        this.#held.put(most);
        return gone;
      }
      this.#held.delete(most);
    }
    return 0;
  }
}
