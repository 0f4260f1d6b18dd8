import { type Clock, MAX_TIMER_MS } from '../../../src/base/clock.ts';

interface Timer {
  readonly callback: () => void;
  readonly at: number;
  handle: NodeJS.Timeout;
}

/** The host's time, and leaps: an hour passes at once, and whatever falls due in it fires. */
export class LeapClock implements Clock {
  readonly #timers = new Set<Timer>();
  #leapt = 0;

  now(): number {
    return Math.trunc(performance.timeOrigin + performance.now() + this.#leapt);
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const at = this.now() + delayMs;
    const timer: Timer = { callback, at, handle: this.#wait(() => this.#fire(timer), delayMs) };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    if (timer === undefined) return;
    // Handed out above.
    const { handle } = timer as Timer;
    clearTimeout(handle);
    this.#timers.delete(timer as Timer);
  }

  /** What is due fires in the turns after this one, as it does when the host's time passes. */
  leap(ms: number): void {
    this.#leapt += ms;
    for (const timer of this.#timers) {
      clearTimeout(timer.handle);
      timer.handle = this.#wait(() => this.#fire(timer), timer.at - this.now());
    }
  }

  /** Something is due and has not fired yet. */
  get isBehind(): boolean {
    const now = this.now();
    for (const { at } of this.#timers) if (at <= now) return true;
    return false;
  }

  #wait(callback: () => void, delayMs: number): NodeJS.Timeout {
    return setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS));
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    timer.callback();
  }
}
