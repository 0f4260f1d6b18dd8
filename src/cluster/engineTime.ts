import type { Beat } from './engine.ts';
import type { LeaseClocks, Moment } from './lease.ts';

/** How far a beat moves the time of the engine as its node knows it, at most. */
const MAX_STEP_MS = 1000;
/** From here on, the clocks are said to be off. */
const OFF_MS = 60_000;

/** What engine time needs of its node. */
export interface EngineTimeHost extends LeaseClocks {
  /** The time of the engine is off by more than a minute. @param byMs positive: the engine is ahead */
  clockOff(byMs: number): void;
}

/**
 * The time of the engine as a node knows it, and the grace after the engine became another server.
 *
 * The difference of the clocks is measured at each beat, and moved slowly: an engine whose clock was
 * set must not end sessions.
 */
export class EngineTime {
  readonly #host: EngineTimeHost;
  readonly #leaseMs: number;
  /** What is added to the steady clock; `undefined` before the first beat. */
  #offsetMs: number | undefined;
  /** How far the wall clock was ahead of the steady clock, at the last beat. */
  #wallAheadMs = 0;
  #isOff = false;
  #floor = 0;
  #server: string | undefined;
  #since = 0;
  #graceUntil = -Infinity;

  constructor(host: EngineTimeHost, leaseMs: number) {
    this.#host = host;
    this.#leaseMs = leaseMs;
  }

  /** The time of the engine, in milliseconds since the epoch. */
  now(): number {
    return this.#host.clock.now() + (this.#offsetMs ?? 0);
  }

  /** What a new token is at least: the time of the engine, whole, and never less than before. */
  floor(): number {
    this.#floor = Math.max(this.#floor, Math.trunc(this.now()));
    return this.#floor;
  }

  /** The engine's clock is more than a minute from where it was: nothing is to expire by it. */
  get isOff(): boolean {
    return this.#isOff;
  }

  /**
   * The engine is another server than a lease ago, so it may know less than its owners: nobody's word
   * that a session is unknown, nobody's or a dead owner's is believed.
   */
  get isInGrace(): boolean {
    return this.#host.clock.now() < this.#graceUntil;
  }

  /** How long the grace lasts from now, in milliseconds; 0: there is none. */
  get graceLeftMs(): number {
    return Math.max(this.#graceUntil - this.#host.clock.now(), 0);
  }

  /**
   * Takes what a beat says of time and server.
   *
   * @param asked the moment before the beat was sent
   * @returns whether another server answered than the one before, or one that has lost its memory
   */
  note(beat: Beat, asked: Moment): boolean {
    this.#measure(beat.now, asked);
    if (beat.server === this.#server && beat.since === this.#since) return false;
    const isAnother = this.#server !== undefined;
    this.#server = beat.server;
    this.#since = beat.since;
    // By two times of that server: how far its clock is from ours does not matter, nor a later step.
    const leftMs = beat.since + this.#leaseMs - beat.now;
    const graceMs = Math.min(Math.max(leftMs, 0), this.#leaseMs);
    this.#graceUntil = Math.max(this.#graceUntil, this.#host.clock.now() + graceMs);
    return isAnother;
  }

  #measure(engineNow: number, asked: Moment): void {
    const heard = this.#host.clock.now();
    const measured = engineNow - (asked.steady + heard) / 2;
    const wallAheadMs = asked.wall - asked.steady;
    const stoodStillMs = wallAheadMs - this.#wallAheadMs;
    this.#wallAheadMs = wallAheadMs;
    if (this.#offsetMs === undefined) {
      this.#offsetMs = measured;
      return;
    }
    let byMs = measured - this.#offsetMs;
    // The machine slept: its steady clock stood still while two others, which agree, went on.
    if (stoodStillMs > MAX_STEP_MS && Math.abs(byMs - stoodStillMs) <= MAX_STEP_MS) {
      this.#offsetMs += stoodStillMs;
      byMs -= stoodStillMs;
    }
    this.#offsetMs += Math.min(Math.max(byMs, -MAX_STEP_MS), MAX_STEP_MS);
    const isOff = Math.abs(byMs) > OFF_MS;
    if (isOff && !this.#isOff) this.#host.clockOff(byMs);
    this.#isOff = isOff;
  }
}
