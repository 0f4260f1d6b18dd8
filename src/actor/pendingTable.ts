import { Bag } from '../base/bag.ts';
import { Ranking } from '../base/ranking.ts';
import type { Services } from '../events/services.ts';

/** Age up to which whoever waits for its client is young: a client answers within a round trip. */
const YOUNG_MS = 5000;
/** Most anonymous ones looked at for one that is not young. */
const PICKS = 8;

/** Somebody whose client has yet to say what is expected of the client. */
export interface Pending {
  readonly principal: string | undefined;
  /** The client's word is all that is missing: nothing is being built. */
  readonly isWaiting: boolean;
  /** Ends, because another needs the place. */
  giveWay(): void;
}

/** The names of a table's options, and of its counter. */
export interface TableNames {
  readonly max: 'maxHandshakes' | 'maxSilentConnections';
  readonly perPrincipal: 'maxHandshakesPerPrincipal' | 'maxSilentConnectionsPerPrincipal';
  readonly counter: 'handshakes' | 'silentConnections';
}

/** All that one principal has in a table; the anonymous callers count as one. */
interface Holder {
  readonly principal: string | undefined;
  /** Each with the time of its arrival, the oldest first. */
  readonly pending: Map<Pending, number>;
}

/**
 * A bounded table of those who wait for their client, shared out so that nobody can hold all of it.
 *
 * A principal has at most its share. While the table is more than half full, the oldest of whoever
 * has most gives way to a newcomer who has fewer. Anonymous callers can not be told apart: they have
 * no share, and among themselves one picked at random gives way.
 */
export class PendingTable {
  readonly #services: Services;
  readonly #names: TableNames;
  readonly #holders = new Map<string | undefined, Holder>();
  /** Whoever has most comes first; of two who have as many, whose oldest has waited longer. */
  readonly #most = new Ranking<Holder>((a, b) =>
    a.pending.size === b.pending.size ? sinceOf(a) < sinceOf(b) : a.pending.size > b.pending.size,
  );
  readonly #anonymous = new Bag<Pending>();

  constructor(services: Services, names: TableNames) {
    this.#services = services;
    this.#names = names;
  }

  /** A principal has all that is its share. */
  isShareUsed(principal: string | undefined): boolean {
    if (principal === undefined) return false;
    return this.#sizeOf(principal) >= this.#services.limits[this.#names.perPrincipal];
  }

  /** Makes room for one more of a principal whose share is not used. @returns whether there is room */
  makeRoom(principal: string | undefined): boolean {
    const { limits, counters } = this.#services;
    const { max, counter } = this.#names;
    if (counters[counter] <= limits[max] / 2) return true;
    const isFull = counters[counter] >= limits[max];
    const leaving = this.#leaving(principal, isFull);
    if (leaving === undefined) return !isFull;
    this.#services.tripped(max);
    leaving.giveWay();
    return counters[counter] < limits[max];
  }

  /** Takes somebody in, for whom there is room. */
  add(pending: Pending): void {
    const { principal } = pending;
    let holder = this.#holders.get(principal);
    if (holder === undefined) {
      holder = { principal, pending: new Map() };
      this.#holders.set(principal, holder);
    }
    if (holder.pending.has(pending)) return;
    holder.pending.set(pending, this.#services.clock.now());
    this.#most.put(holder);
    if (principal === undefined) this.#anonymous.add(pending);
    this.#services.counters[this.#names.counter]++;
  }

  delete(pending: Pending): void {
    const holder = this.#holders.get(pending.principal);
    if (holder?.pending.delete(pending) !== true) return;
    if (holder.principal === undefined) this.#anonymous.delete(pending);
    this.#services.counters[this.#names.counter]--;
    if (holder.pending.size > 0) return this.#most.put(holder);
    this.#most.delete(holder);
    this.#holders.delete(holder.principal);
  }

  #sizeOf(principal: string | undefined): number {
    return this.#holders.get(principal)?.pending.size ?? 0;
  }

  /** Who gives way to a newcomer. */
  #leaving(principal: string | undefined, isFull: boolean): Pending | undefined {
    const own = this.#sizeOf(principal);
    const most = this.#most.first();
    if (most !== undefined && most.pending.size > own) {
      const [first] = most.pending.keys();
      const leaving = most.principal === undefined ? this.#pick(() => true) : first;
      // The young ones have done no harm so far: they stay while there is room for all.
      const isUnfair = isFull && most.pending.size > own + 1;
      if (leaving !== undefined && (isUnfair || !this.#isYoung(leaving))) return leaving;
    }
    // What is being built goes on being built, so those who are gone would not be bounded.
    if (principal !== undefined) return undefined;
    const leaving = this.#pick(({ isWaiting }) => isWaiting);
    if (leaving === undefined || !this.#isYoung(leaving)) return leaving;
    // The newcomer is a young stranger as well, and draws lots with those that were looked at.
    return isFull && this.#services.random() >= 1 / (PICKS + 1) ? leaving : undefined;
  }

  /** Picks an anonymous one at random, rather one that is not young. */
  #pick(may: (pending: Pending) => boolean): Pending | undefined {
    let young: Pending | undefined;
    for (let i = 0; i < Math.min(PICKS, this.#anonymous.size); i++) {
      const picked = this.#anonymous.pick(this.#services.random());
      if (picked === undefined || !may(picked)) continue;
      if (!this.#isYoung(picked)) return picked;
      young ??= picked;
    }
    return young;
  }

  #isYoung(pending: Pending): boolean {
    const since = this.#holders.get(pending.principal)?.pending.get(pending) ?? 0;
    return this.#services.clock.now() - since < YOUNG_MS;
  }
}

/** When the oldest came. */
function sinceOf({ pending }: Holder): number {
  for (const since of pending.values()) return since;
  return Infinity;
}
