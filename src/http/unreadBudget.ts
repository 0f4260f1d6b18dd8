import { outsideSessions } from '../base/asyncContext.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { Ranking } from '../base/ranking.ts';
import type { Services } from '../events/services.ts';

/** A limit on unread bytes that more than one holder shares. */
export type SharedLimit = 'maxUnreadBytesPerPrincipal' | 'maxUnreadTotalBytes';

/** Who holds bytes that a client does not read: the account of a session, or a line. */
export interface UnreadHolder {
  readonly principal: string | undefined;
  /** What is unread now. */
  readonly bytes: number;
  /** Cuts what is oldest. @returns how many bytes went, or are on their way to go */
  cutOldest(bytes: number, limit: SharedLimit): number;
  /** Drops what is unread and over. */
  expire(): void;
}

/** What room is made down to: some way below the limit, or the next answer would count all again. */
const GOAL = 0.75;

/** What the sessions of one principal leave unread. */
class Share {
  readonly principal: string | undefined;
  /** Each holder with what was unread when it was last counted. */
  readonly holders = new Map<UnreadHolder, number>();
  /** At least what is unread: what clients have read since is found out when it matters. */
  bytes = 0;

  constructor(principal: string | undefined) {
    this.principal = principal;
  }

  count(holder: UnreadHolder, bytes: number): number {
    const grown = bytes - (this.holders.get(holder) ?? 0);
    this.holders.set(holder, bytes);
    this.bytes += grown;
    return grown;
  }
}

/**
 * Bounds what the sessions of one principal, and all sessions of a runtime, leave unread together.
 * Past the bound of all, the principal with most gives way, of its sessions the one with most.
 */
export class UnreadBudget {
  /** Accounts of which some response is over and unread: looked at every `unreadTimeoutMs`. */
  readonly stalled: DeadlineQueue<{ look(): void }>;
  /** Holders whose session ended: what nobody has read `closeTimeoutMs` later is dropped. */
  readonly leaving: DeadlineQueue<Pick<UnreadHolder, 'expire'>>;
  readonly #services: Services;
  readonly #shares = new Map<string | undefined, Share>();
  #bytes = 0;
  /** Until what is unread when the runtime is closed is dropped. */
  #closing: unknown = null;

  constructor(services: Services) {
    const { deadlines, limits } = services;
    this.#services = services;
    this.stalled = deadlines.queue(limits.unreadTimeoutMs, (account) => account.look());
    this.leaving = deadlines.queue(limits.closeTimeoutMs, (account) => account.expire());
  }

  /** Counts what a holder leaves unread; makes room where that is too much. */
  counted(holder: UnreadHolder, bytes: number): void {
    const { principal } = holder;
    const share = this.#shares.get(principal) ?? new Share(principal);
    this.#shares.set(principal, share);
    const grown = share.count(holder, bytes);
    this.#bytes += grown;
    if (grown <= 0) return;
    const { maxUnreadBytesPerPrincipal: maxOwn, maxUnreadTotalBytes: maxAll } =
      this.#services.limits;
    // Those who can not be told apart have no share: the bound of all holds for them.
    if (principal !== undefined && share.bytes > maxOwn) {
      this.#trim([share], maxOwn, 'maxUnreadBytesPerPrincipal');
    }
    if (this.#bytes > maxAll) this.#trim([...this.#shares.values()], maxAll, 'maxUnreadTotalBytes');
  }

  /** Nothing of a holder is unread any more. */
  settled(holder: UnreadHolder): void {
    const share = this.#shares.get(holder.principal);
    if (share?.holders.has(holder) !== true) return;
    this.#bytes += share.count(holder, 0);
    share.holders.delete(holder);
    if (share.holders.size === 0) this.#shares.delete(holder.principal);
    if (this.#shares.size === 0) this.#services.clock.clearTimeout(this.#closing);
  }

  /** The runtime is closed: what nobody reads is dropped after `closeTimeoutMs`. */
  close(): void {
    if (this.#shares.size === 0) return;
    const { clock, limits } = this.#services;
    const drop = (): void => {
      for (const { holders } of this.#shares.values()) {
        for (const holder of holders.keys()) holder.expire();
      }
    };
    this.#closing = outsideSessions(() => clock.setTimeout(drop, limits.closeTimeoutMs));
  }

  /** Cuts what some principals leave unread together, where that is more than allowed. */
  #trim(shares: readonly Share[], max: number, limit: SharedLimit): void {
    let left = 0;
    for (const share of shares) {
      for (const holder of share.holders.keys()) this.#bytes += share.count(holder, holder.bytes);
      left += share.bytes;
    }
    if (left <= max) return;
    const ranking = new Ranking<Loser>((a, b) => a.bytes > b.bytes);
    for (const share of shares) ranking.put(new Loser(share));
    for (let most = ranking.first(); most !== undefined; most = ranking.first()) {
      const gone = most.lose(limit);
      left -= gone;
      if (left <= max * GOAL) return;
      // One response at a time: whoever has most may be another one then.
      if (gone === 0) ranking.delete(most);
      else ranking.put(most);
    }
  }
}

/** A principal that is to lose what its sessions leave unread. */
class Loser {
  bytes: number;
  /** The largest last. */
  readonly #holders: UnreadHolder[];

  constructor({ bytes, holders }: Share) {
    this.bytes = bytes;
    this.#holders = Array.from(holders)
      .toSorted(([, a], [, b]) => a - b)
      .map(([holder]) => holder);
  }

  /** Loses the oldest response of the largest session. @returns its bytes; 0: nothing is left */
  lose(limit: SharedLimit): number {
    for (let most = this.#holders.at(-1); most !== undefined; most = this.#holders.at(-1)) {
      const gone = most.cutOldest(1, limit);
      this.bytes -= gone;
      if (gone > 0) return gone;
      this.#holders.pop();
    }
    return 0;
  }
}
