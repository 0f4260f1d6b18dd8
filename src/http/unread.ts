import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Services } from '../events/services.ts';
import type { ResponsePort } from '../wire/port.ts';

/** Bytes of one live stream or line that are not worth an entry: a session has few at once. */
export const SMALL_BYTES = 16 * 1024;

/** Deadlines of bytes that no client reads. */
export interface UnreadTimers {
  /** Accounts of which some response is over and unread: looked at every `unreadTimeoutMs`. */
  readonly stalled: DeadlineQueue<UnreadAccount>;
  /** Accounts of sessions that ended: cut after `closeTimeoutMs`. */
  readonly leaving: DeadlineQueue<UnreadAccount>;
}

/** Who holds bytes that a client does not read: the account of a session, or a line. */
export interface UnreadHolder {
  readonly bytes: number;
  /** Cuts what is oldest. @returns how many bytes went */
  cutOldest(bytes: number, limit: 'maxUnreadTotalBytes'): number;
}

/** Bounds what all sessions of a runtime leave unread together; the largest holder is cut first. */
export class UnreadBudget {
  readonly #services: Services;
  readonly #holders = new Set<UnreadHolder>();
  /** At least the bytes that are unread: what clients have read since is found out when it matters. */
  #estimate = 0;

  constructor(services: Services) {
    this.#services = services;
  }

  /** A holder has grown. */
  grew(holder: UnreadHolder, bytes: number): void {
    const { maxUnreadTotalBytes: max } = this.#services.limits;
    this.#holders.add(holder);
    this.#estimate += bytes;
    if (this.#estimate <= max) return;
    const sizes = Array.from(this.#holders, (each) => ({ each, bytes: each.bytes }));
    this.#estimate = sizes.reduce((sum, { bytes: size }) => sum + size, 0);
    if (this.#estimate <= max) return;
    // Some way below the limit, or the next answer would have all of them counted again.
    const goal = max * 0.75;
    for (const { each } of sizes.toSorted((a, b) => b.bytes - a.bytes)) {
      this.#estimate -= each.cutOldest(this.#estimate - goal, 'maxUnreadTotalBytes');
      if (this.#estimate <= goal) return;
    }
  }

  /** Nothing of a holder is unread any more. */
  settled(holder: UnreadHolder): void {
    this.#holders.delete(holder);
  }
}

/**
 * The responses of one session that its client has not read, from the first byte until the socket has
 * taken the last one or was cut: whoever asked for them, and whether or not the session still lives.
 */
export class UnreadAccount implements UnreadHolder {
  readonly #services: Services;
  readonly #budget: UnreadBudget;
  readonly #timers: UnreadTimers;
  readonly #session: string;
  /** The oldest first, each with what was unread when it was last looked at. */
  readonly #ports = new Map<ResponsePort, number>();

  /** @param session key, for the limit's event */
  constructor(services: Services, budget: UnreadBudget, timers: UnreadTimers, session: string) {
    this.#services = services;
    this.#budget = budget;
    this.#timers = timers;
    this.#session = session;
  }

  get bytes(): number {
    let bytes = 0;
    for (const port of this.#ports.keys()) bytes += port.unread;
    return bytes;
  }

  /** Counts what was written to a live stream. */
  wrote(port: ResponsePort): void {
    if (port.unread > SMALL_BYTES) this.add(port);
  }

  /** Counts a response that is whole, or was written to and is not read as fast. */
  add(port: ResponsePort): void {
    const { unread } = port;
    if (unread === 0) return;
    const before = this.#ports.get(port);
    this.#ports.set(port, unread);
    if (before === undefined) port.whenGone(() => this.#forget(port));
    if (this.#timers.stalled.armedAt(this) === undefined) this.#timers.stalled.arm(this);
    // The client is reading the last response now, however large.
    const over = this.bytes - this.#services.limits.maxUnreadBytes;
    if (over > 0) this.cutOldest(over, 'maxUnreadBytes', port);
    this.#budget.grew(this, unread - (before ?? 0));
  }

  /**
   * Cuts the oldest responses.
   *
   * @param bytes how much is to go
   * @param spared a response that stays
   * @returns how much went
   */
  cutOldest(
    bytes: number,
    limit: 'maxUnreadBytes' | 'maxUnreadTotalBytes' | 'unreadTimeoutMs',
    spared?: ResponsePort,
  ): number {
    let gone = 0;
    for (const port of this.#ports.keys()) {
      if (gone >= bytes) break;
      if (port === spared) continue;
      gone += port.unread;
      this.#cut(port, limit);
    }
    return gone;
  }

  /** Cuts the responses that are over and of which the client has taken nothing for a while. */
  look(): void {
    for (const [port, before] of this.#ports) {
      const { unread } = port;
      // A live stream has a bound of its own, and can be resumed.
      if (port.gone && unread >= before) this.#cut(port, 'unreadTimeoutMs');
      else this.#ports.set(port, unread);
    }
    if (this.#ports.size > 0) this.#timers.stalled.arm(this);
  }

  /** The session is over: what is unread when `closeTimeoutMs` has passed is dropped. */
  end(): void {
    if (this.#ports.size > 0) this.#timers.leaving.arm(this);
  }

  /** Drops everything. */
  expire(): void {
    for (const port of this.#ports.keys()) {
      this.#ports.delete(port);
      port.cut();
    }
    this.#forget();
  }

  #cut(port: ResponsePort, limit: string): void {
    this.#ports.delete(port);
    this.#services.tripped(limit, this.#session);
    port.cut();
    this.#forget();
  }

  #forget(port?: ResponsePort): void {
    if (port !== undefined) this.#ports.delete(port);
    if (this.#ports.size > 0) return;
    this.#timers.stalled.disarm(this);
    this.#timers.leaving.disarm(this);
    this.#budget.settled(this);
  }
}
