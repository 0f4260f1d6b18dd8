import { AsyncResource } from 'node:async_hooks';
import type { Clock } from '../../../src/base/clock.ts';
import type { Completion, Scheduler } from '../../simulation/scheduler.ts';

/** What a clock needs of its process. */
export interface NodeClockHost {
  readonly scheduler: Scheduler;
  readonly name: string;
  /** Runs a callback in the process: later where it stands still, never where it is dead. */
  run(callback: () => void): void;
}

/** The steady clock of one machine, which begins somewhere and runs a little fast or slow. */
export class NodeClock implements Clock {
  readonly #host: NodeClockHost;
  readonly #offsetMs: number;
  readonly #drift: number;

  constructor(host: NodeClockHost, offsetMs: number, drift: number) {
    this.#host = host;
    this.#offsetMs = offsetMs;
    this.#drift = drift;
  }

  now(): number {
    return Math.trunc(this.#host.scheduler.clock.now() * this.#drift + this.#offsetMs);
  }

  setTimeout(callback: () => void, delayMs: number): Completion {
    const { scheduler, name } = this.#host;
    // A timer fires in the async context it was set in, as a timer of the host does.
    const scope = new AsyncResource('timer');
    const fire = (): void => scope.runInAsyncScope(callback);
    const at = this.now() + Math.max(delayMs, 0);
    const due = (at - this.#offsetMs) / this.#drift + 1e-3;
    return scheduler.add(`timer of ${name}`, () => this.#host.run(fire), due);
  }

  clearTimeout(timer: unknown): void {
    if (timer !== undefined) this.#host.scheduler.remove(timer as Completion);
  }
}
