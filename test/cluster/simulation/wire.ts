import type { Completion, Scheduler } from '../../simulation/scheduler.ts';

/** One direction of a connection: what is given arrives in its order and later, or not at all. */
export class Wire {
  readonly #scheduler: Scheduler;
  readonly #label: string;
  readonly #delayMs: () => number;
  #underWay: Completion[] = [];
  #last = 0;

  /** @param delayMs how long the next one is under way */
  constructor(scheduler: Scheduler, label: string, delayMs: () => number) {
    this.#scheduler = scheduler;
    this.#label = label;
    this.#delayMs = delayMs;
  }

  carry(arrive: () => void): void {
    this.#last = Math.max(this.#last, this.#scheduler.clock.now() + this.#delayMs());
    const arrivals = this.#arrivals;
    arrivals.push(arrive);
    // Of several that are due, whichever comes first brings the one that was given first.
    const completion = this.#scheduler.add(
      this.#label,
      () => {
        this.#underWay = this.#underWay.filter((each) => each !== completion);
        arrivals.shift()!();
      },
      this.#last,
    );
    this.#underWay.push(completion);
  }

  /** Loses all that is under way. */
  break(): void {
    for (const completion of this.#underWay) this.#scheduler.remove(completion);
    this.#underWay = [];
    this.#arrivals = [];
  }

  #arrivals: (() => void)[] = [];
}
