import { outsideSessions } from '../base/asyncContext.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { type Share, Shares } from '../base/shares.ts';
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
  /** At least what is unread: what clients have read since is found out when it matters. */
  readonly #shares = new Shares<UnreadHolder>();
  #isTrimming = false;
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
    const share = this.#shares.count(holder, bytes);
    // A cut is counted as well, and is no reason for another one.
    if (this.#isTrimming) return;
    const { maxUnreadBytesPerPrincipal, maxUnreadTotalBytes } = this.#services.limits;
    // Those who can not be told apart have no share: the bound of all holds for them.
    if (share.principal !== undefined && share.bytes > maxUnreadBytesPerPrincipal) {
      this.#trim('maxUnreadBytesPerPrincipal', share);
    }
    if (this.#shares.bytes > maxUnreadTotalBytes) this.#trim('maxUnreadTotalBytes');
  }

  /** The limit of which a holder's bytes are too many, though whoever has most has made room. */
  met({ principal }: UnreadHolder): SharedLimit | undefined {
    const { maxUnreadBytesPerPrincipal, maxUnreadTotalBytes } = this.#services.limits;
    if (this.#shares.bytes > maxUnreadTotalBytes) return 'maxUnreadTotalBytes';
    const isOver =
      principal !== undefined && this.#shares.of(principal) > maxUnreadBytesPerPrincipal;
    return isOver ? 'maxUnreadBytesPerPrincipal' : undefined;
  }

  /** Nothing of a holder is unread any more. */
  settled(holder: UnreadHolder): void {
    this.#shares.delete(holder);
    if (this.#closing !== null && this.#shares.isEmpty) {
      this.#services.clock.clearTimeout(this.#closing);
    }
  }

  /** The runtime is closed: what nobody reads is dropped after `closeTimeoutMs`. */
  close(): void {
    if (this.#shares.isEmpty) return;
    const { clock, limits } = this.#services;
    const drop = (): void => {
      for (const holder of this.#shares.holders()) holder.expire();
    };
    this.#closing = outsideSessions(() => clock.setTimeout(drop, limits.closeTimeoutMs));
  }

  /** Cuts what one principal, or all of them, leave unread, where that is more than allowed. */
  #trim(limit: SharedLimit, only?: Share<UnreadHolder>): void {
    const max = this.#services.limits[limit];
    const shares = this.#shares;
    for (const holder of only?.holders.keys() ?? shares.holders()) {
      shares.count(holder, holder.bytes);
    }
    if ((only ?? shares).bytes <= max) return;
    this.#isTrimming = true;
    try {
      // One response at a time: whoever has most may be another one then.
      shares.takeFromMost(max * GOAL, (holder) => holder.cutOldest(1, limit), only);
    } finally {
      this.#isTrimming = false;
    }
  }
}
