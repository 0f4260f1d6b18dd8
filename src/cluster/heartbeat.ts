import type { Clock } from '../base/clock.ts';
import type { DeadlineQueue, Deadlines } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import { SerialQueue } from '../base/serialQueue.ts';
import type { Timed } from '../base/timetable.ts';
import { timerOf, within } from '../base/within.ts';

/** What a heartbeat needs of its node. */
export interface HeartbeatHost {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Renews the lease, and whatever else has to be done. @throws what the engine or the link failed with */
  beat(): Promise<void>;
  /** A beat is over. @returns how long until the next one, in milliseconds */
  beaten(hasFailed: boolean): number;
  failed(error: unknown): void;
}

/**
 * The beats of a node, one at a time: again after a while, and at once where something has happened.
 * What a beat has asked counts for nothing once the beat was interrupted.
 */
export class Heartbeat {
  readonly #host: HeartbeatHost;
  readonly #turns = new SerialQueue();
  /** What the engine and the link were asked, each for a time at most. */
  readonly #asked: DeadlineQueue<() => void>;
  #isQueued = false;
  #isInterrupted = false;
  #isOver = false;
  #next: Timed | undefined;

  /** @param patienceMs how long an answer is waited for */
  constructor(host: HeartbeatHost, patienceMs: number) {
    this.#host = host;
    this.#asked = host.deadlines.queue(patienceMs, (giveUp) => giveUp());
  }

  /** Beats once more: now, or after the beat that is under way. */
  beat(): void {
    if (this.#isQueued || this.#isOver) return;
    this.#isQueued = true;
    const beaten = this.#turns.run(() => this.#beat());
    beaten.catch((error: unknown) => this.#host.failed(error));
  }

  /** Ends the beat that is under way: whatever it waits for counts for nothing. */
  interrupt(): void {
    this.#isInterrupted = true;
    for (const giveUp of this.#asked.items()) giveUp();
  }

  /**
   * Asks a question of the beat that is under way.
   *
   * @throws ActorsError `store-unavailable` where no answer came in time, or the beat was interrupted;
   * what the question failed with
   */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#isInterrupted) throw unanswered();
    const answer = await within(question(), timerOf(this.#asked), unanswered);
    if (this.#isInterrupted) throw unanswered();
    return answer;
  }

  /** Beats no more. @param last is done after the beat that is under way was interrupted */
  stop(last: () => Promise<void>): Promise<void> {
    this.#isOver = true;
    this.interrupt();
    return this.#turns.run(async () => {
      this.#isInterrupted = false;
      try {
        await last();
      } catch (error) {
        this.#host.failed(error);
      }
    });
  }

  async #beat(): Promise<void> {
    this.#isQueued = false;
    if (this.#isOver) return;
    this.#isInterrupted = false;
    let hasFailed = false;
    try {
      await this.#host.beat();
    } catch (error) {
      hasFailed = true;
      // What was interrupted has not failed.
      if (!this.#isInterrupted) this.#host.failed(error);
    }
    if (!this.#isOver) this.#after(this.#host.beaten(hasFailed));
  }

  #after(delayMs: number): void {
    const { clock, deadlines } = this.#host;
    if (this.#next !== undefined) deadlines.cancel(this.#next);
    this.#next = deadlines.at(clock.now() + delayMs, () => this.beat());
  }
}

function unanswered(): ActorsError {
  return new ActorsError('store-unavailable', 'the engine of the cluster did not answer');
}
