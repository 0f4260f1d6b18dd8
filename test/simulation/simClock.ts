import { AsyncResource } from 'node:async_hooks';
import type { Clock } from '../../src/base/clock.ts';

export interface Timer {
  readonly at: number;
  readonly fire: () => void;
  readonly owner: string;
}

/** Time of one simulated process: it moves when the scheduler says so, and fires nothing itself. */
export class SimClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;
  isStopped = false;

  readonly #raise: (error: unknown) => void;

  /** @param raise told of what a timer threw, in the context the timer was set in */
  constructor(now: number, raise: (error: unknown) => void) {
    this.#now = now;
    this.#raise = raise;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number, owner = 'runtime'): Timer {
    const at = this.#now + Math.max(delayMs, 0);
    // A timer fires in the async context it was set in, as a timer of the host does.
    const fire = AsyncResource.bind(() => {
      try {
        callback();
      } catch (error) {
        this.#raise(error);
      }
    });
    const timer = { at, fire, owner };
    if (!this.isStopped) this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** Timers that wait, of one owner. */
  pending(owner: string): number {
    return [...this.#timers].filter((each) => each.owner === owner).length;
  }

  /** The timer that is due first. */
  first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }

  take(timer: Timer): void {
    this.#timers.delete(timer);
  }

  moveTo(now: number): void {
    this.#now = Math.max(this.#now, now);
  }

  /** The process it belongs to is dead. */
  stop(): void {
    this.isStopped = true;
    this.#timers.clear();
  }
}
