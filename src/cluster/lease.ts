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
    this.#until = { steady: steady + this.#countedOnMs, wall: wall + this.#countedOnMs };
  }

  /** Nobody counts on the lease any more. */
  end(): void {
    this.#until = { steady: -Infinity, wall: -Infinity };
  }

  /** How long the lease lasts from now, in milliseconds; 0: the lease is over. */
  get leftMs(): number {
    const { steady, wall } = this.moment();
    return Math.max(0, Math.min(this.#until.steady - steady, this.#until.wall - wall));
  }

  get isLasting(): boolean {
    return this.leftMs > 0;
  }
}
