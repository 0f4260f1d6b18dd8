import type { Limits } from '../base/limits.ts';
import type { Counters } from './counters.ts';

/** Measures how late the event loop runs. The doors of Node bring one. */
export interface LoopMonitor {
  /**
   * Begins to measure.
   *
   * @param report told, a few times a second, the longest delay since it was told last, in
   * milliseconds
   * @returns how to stop
   */
  watch(report: (delayMs: number) => void): () => void;
}

/** Reports in a row that say the loop is late, before it counts as overloaded. */
const IN_A_ROW = 2;

/**
 * Knows whether the event loop has more to do than it can. One pause says nothing: a collection, a
 * module that is loaded, a machine that slept. The second in a row says that there is too much.
 */
export class LoopGuard {
  readonly #maxMs: number;
  readonly #counters: Pick<Counters, 'loopDelayMs'>;
  #late = 0;
  #isOverloaded = false;
  #stop: (() => void) | null = null;
  #isStopped = false;

  constructor({ maxLoopDelayMs }: Limits, counters: Pick<Counters, 'loopDelayMs'>) {
    this.#maxMs = maxLoopDelayMs;
    this.#counters = counters;
  }

  /** No new session is admitted: those there are have enough to wait for. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** Has a monitor measure, unless one does or the guard is off. */
  watch(monitor: LoopMonitor): void {
    if (this.#stop !== null || this.#isStopped || this.#maxMs === Infinity) return;
    this.#stop = monitor.watch((delayMs) => this.#report(delayMs));
  }

  stop(): void {
    this.#isStopped = true;
    this.#stop?.();
    this.#stop = null;
  }

  #report(delayMs: number): void {
    if (this.#isStopped) return;
    this.#counters.loopDelayMs = Math.round(delayMs);
    this.#late = delayMs > this.#maxMs ? this.#late + 1 : 0;
    // Admitting again brings work again: not before there is room for it.
    if (this.#isOverloaded) this.#isOverloaded = delayMs > this.#maxMs / 2;
    else this.#isOverloaded = this.#late >= IN_A_ROW;
  }
}
