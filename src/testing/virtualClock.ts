import { AsyncResource } from 'node:async_hooks';
import { setImmediate } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A clock whose time moves only when it is told to. Timers fire by time, then in order of arming.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    // A timer fires in the async context it was set in, as a timer of the host does.
    const at = this.#now + Math.max(delayMs, 0);
    const timer = { at, callback: AsyncResource.bind(callback) };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** Runs a callback in a later turn of the process: turns take no time. */
  setImmediate(callback: () => void): void {
    setImmediate(callback);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, by milliseconds; timers due on the way fire, also those armed meanwhile. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }

  /** Moves time on, by milliseconds, and runs everything that is ready after each timer. */
  async elapse(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.advance(next.at - this.#now);
      await turn();
    }
    this.advance(end - this.#now);
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  }
}

/**
 * Makes a clock for `createRuntime({ clock })` that moves only when a test says so. The timers of
 * the process are left alone: sockets, servers and handlers keep real time.
 *
 * @param now milliseconds since the epoch at which the clock begins
 */
export function virtualClock(now?: number): VirtualClock {
  return new VirtualClock(now);
}
