import type { Services } from '../events/services.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { SharedLimit, UnreadBudget, UnreadHolder } from './unreadBudget.ts';

/** What a client that reads may be behind by: so much waits in a socket at any time. */
const SMALL_BYTES = 16 * 1024;

/** What is known of a response that is on an account. */
interface Entry {
  /** What was unread when it was last counted. */
  counted: number;
  /** The least that was unread when it was last looked at, and since when. */
  seen: number;
  since: number;
}

/** The session or scope whose clients do not read. */
export interface UnreadOwner {
  /** Names the session in the limits' events. */
  readonly key: string;
  readonly principal: string | undefined;
  /** The session sleeps, and stays in this process for as long as something of it is unread. */
  readonly isAsleep?: boolean;
  /** Looks in a moment whether the session can leave this process. */
  watchQuiet?(): void;
}

/**
 * The responses of one session that its client has not read: event streams from their beginning,
 * whole answers from when they are sent, until the socket has taken the last byte or was cut. It
 * does not matter who asked for them, and whether or not the session still lives.
 */
export class UnreadAccount implements UnreadHolder {
  readonly #owner: UnreadOwner;
  readonly #services: Services;
  readonly #budget: UnreadBudget;
  /** The oldest first; an open stream is as old as its being behind. */
  readonly #ports = new Map<ResponsePort, Entry>();
  /** At least what is unread: what was counted of each. */
  #counted = 0;
  /** What was said and waits until it may go out. */
  #waiting = 0;

  constructor(services: Services, budget: UnreadBudget, owner: UnreadOwner) {
    this.#services = services;
    this.#budget = budget;
    this.#owner = owner;
  }

  get principal(): string | undefined {
    return this.#owner.principal;
  }

  /** Everything has left, or was cut. */
  get isEmpty(): boolean {
    return this.#ports.size === 0 && this.#waiting === 0;
  }

  get bytes(): number {
    for (const [port, entry] of this.#ports) this.#count(port, entry);
    return this.#counted + this.#waiting;
  }

  /** Counts a response from here on, whatever is written to it. */
  open(port: ResponsePort): void {
    if (this.#ports.has(port)) return;
    this.#ports.set(port, { counted: 0, seen: 0, since: 0 });
    port.whenGone(() => this.#forget(port));
  }

  /** Counts what was written to a response. */
  wrote(port: ResponsePort): void {
    const entry = this.#ports.get(port);
    if (entry === undefined) return;
    const { counted } = entry;
    this.#count(port, entry);
    if (entry.counted <= counted) return;
    if (counted <= SMALL_BYTES && entry.counted > SMALL_BYTES) {
      this.#ports.delete(port);
      this.#ports.set(port, entry);
    }
    const { maxUnreadBytes } = this.#services.limits;
    // The client is reading the last response now, however large.
    if (this.#counted > maxUnreadBytes) {
      const over = this.bytes - this.#waiting - maxUnreadBytes;
      if (over > 0) this.cutOldest(over, 'maxUnreadBytes', port);
    }
    this.#report();
  }

  /**
   * Counts what was said and waits until it may go out, all of it together.
   *
   * @returns the limit that is met though whoever has most has made room
   */
  waits(bytes: number): SharedLimit | undefined {
    const isMore = bytes > this.#waiting;
    if (bytes !== this.#waiting) {
      this.#waiting = bytes;
      this.#report();
    }
    return isMore ? this.#budget.met(this) : undefined;
  }

  /** Counts a response that is over: nothing more is written to it. */
  add(port: ResponsePort): void {
    const { unread } = port;
    if (unread === 0) return;
    this.open(port);
    const entry = this.#ports.get(port);
    if (entry === undefined) return;
    entry.seen = unread;
    entry.since = this.#services.clock.now();
    const { stalled } = this.#budget;
    if (stalled.armedAt(this) === undefined) stalled.arm(this);
    this.wrote(port);
  }

  /**
   * Cuts the oldest responses; the streams of a client that reads come last.
   *
   * @param bytes how much is to go
   * @param spared a response that stays
   * @returns how much went
   */
  cutOldest(bytes: number, limit: SharedLimit | 'maxUnreadBytes', spared?: ResponsePort): number {
    let gone = 0;
    for (const isSmall of [false, true]) {
      for (const port of this.#ports.keys()) {
        if (gone >= bytes) return gone;
        const { unread } = port;
        const keepsUp = unread <= SMALL_BYTES && !port.gone;
        if (unread === 0 || port === spared || keepsUp !== isSmall) continue;
        gone += unread;
        this.#cut(port, limit);
      }
    }
    return gone;
  }

  /** Cuts the responses that are over and of which the client has taken nothing for a while. */
  look(): void {
    const { clock, limits } = this.#services;
    const now = clock.now();
    let isWaiting = false;
    for (const [port, entry] of this.#ports) {
      // A live stream has a bound of its own, and can be resumed.
      if (!port.gone) continue;
      const { unread } = port;
      if (unread < entry.seen) {
        entry.seen = unread;
        entry.since = now;
      }
      if (now - entry.since >= limits.unreadTimeoutMs) this.#cut(port, 'unreadTimeoutMs');
      else isWaiting = true;
    }
    if (isWaiting) this.#budget.stalled.arm(this);
  }

  /** The session is over: what is unread when `closeTimeoutMs` has passed is dropped. */
  end(): void {
    if (this.#ports.size > 0) this.#budget.leaving.arm(this);
  }

  /** Drops everything that is over. A stream may outlive its session, in a drain. */
  expire(): void {
    for (const port of this.#ports.keys()) {
      if (!port.gone) continue;
      port.cut();
      this.#forget(port);
    }
  }

  #count(port: ResponsePort, entry: Entry): void {
    const { unread } = port;
    this.#counted += unread - entry.counted;
    entry.counted = unread;
  }

  #cut(port: ResponsePort, limit: string): void {
    this.#services.tripped(limit, this.#owner.key);
    port.cut();
    this.#forget(port);
  }

  #forget(port: ResponsePort): void {
    const entry = this.#ports.get(port);
    if (entry === undefined) return;
    this.#ports.delete(port);
    this.#counted -= entry.counted;
    this.#report();
    if (this.#ports.size > 0) return;
    this.#budget.stalled.disarm(this);
    this.#budget.leaving.disarm(this);
  }

  #report(): void {
    if (!this.isEmpty) return this.#budget.counted(this, this.#counted + this.#waiting);
    this.#budget.settled(this);
    if (this.#owner.isAsleep === true) this.#owner.watchQuiet?.();
  }
}
