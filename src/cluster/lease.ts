import type { Clock } from '../base/clock.ts';

/** How much of a lease its node counts on: the rest is for a clock that runs slow. */
const COUNTED_ON = 0.9;

/** A moment by two clocks of one machine. */
export interface Moment {
  /** Milliseconds by the clock that nobody can set. The clock may stand still while the machine sleeps. */
  readonly steady: number;
  /** Milliseconds since the epoch by the wall clock: runs while the machine sleeps, and may be set. */
  readonly wall: number;
}

/** The clocks that a lease is measured by. */
export interface LeaseClocks {
  readonly clock: Clock;
  /** The wall clock, in milliseconds since the epoch. */
  wall(): number;
}

/**
 * How long a node may count on the lease it got: 0.9 of the lease from the moment before the lease was
 * asked for, by the steady clock and by the wall clock, the earlier of the two.
 *
 * No timer is needed to end the lease: each look compares times, so that a process that was stopped
 * finds the end of its lease before any callback runs.
 */
export class Lease {
  readonly #clocks: LeaseClocks;
  readonly #countedOnMs: number;
  #until: Moment = { steady: -Infinity, wall: -Infinity };
  /** Until when the last lease was counted on, also where that has ended before its time. */
  #counted: Moment | undefined;
  #hasLapsed = false;

  /** @param leaseMs how long the engine keeps a lease that is not renewed */
  constructor(clocks: LeaseClocks, leaseMs: number) {
    this.#clocks = clocks;
    this.#countedOnMs = leaseMs * COUNTED_ON;
  }

  /** Now, by both clocks. To be taken before the engine is asked for the lease. */
  moment(): Moment {
    return { steady: this.#clocks.clock.now(), wall: this.#clocks.wall() };
  }

  /** The engine has given the lease, or renewed it. @param asked the moment before it was asked */
  got(asked: Moment): void {
    const { steady, wall } = asked;
    if (this.#counted !== undefined && this.#leftMs(this.#counted) <= 0) this.#hasLapsed = true;
    this.#until = { steady: steady + this.#countedOnMs, wall: wall + this.#countedOnMs };
    this.#counted = this.#until;
  }

  /**
   * A lease was over by the clocks when the next one began: others may have claimed what is owned
   * meanwhile, also where the engine has forgotten that.
   */
  get hasLapsed(): boolean {
    return this.#hasLapsed;
  }

  /** The engine has said whose everything is. */
  settled(): void {
    this.#hasLapsed = false;
  }

  /** Nobody counts on the lease any more. */
  end(): void {
    this.#until = { steady: -Infinity, wall: -Infinity };
  }

  /** How long the lease lasts from now, in milliseconds; 0: the lease is over. */
  get leftMs(): number {
    return Math.max(0, this.#leftMs(this.#until));
  }

  get isLasting(): boolean {
    return this.leftMs > 0;
  }

  #leftMs(until: Moment): number {
    const { steady, wall } = this.moment();
    return Math.min(until.steady - steady, until.wall - wall);
  }
}
