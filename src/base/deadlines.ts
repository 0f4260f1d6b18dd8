import { type Clock, MAX_TIMER_MS } from './clock.ts';
import { runOutside } from './asyncContext.ts';

/** Most items of one queue that fire in one go: sessions in use are served between two. */
const AT_ONCE = 256;

/**
 * Items that are due one fixed delay after they were armed.
 *
 * Because the delay is the same for all, the order of arming is the order of falling due, and a
 * Map keeps it: arming, disarming and finding the next are O(1) with any number of items.
 */
export class DeadlineQueue<T> {
  /** When each was armed, since the sweep began: small integers need no object of their own. */
  readonly #armed = new Map<T, number>();
  readonly #sweep: Deadlines;
  readonly #delayMs: number;
  readonly #fire: (item: T) => void;

  constructor(sweep: Deadlines, delayMs: number, fire: (item: T) => void) {
    this.#sweep = sweep;
    this.#delayMs = delayMs;
    this.#fire = fire;
  }

  /** Starts the delay of an item, again if it was running. */
  arm(item: T): void {
    this.#armed.delete(item);
    const now = this.#sweep.now();
    this.#armed.set(item, now - this.#sweep.began);
    if (this.#delayMs !== Infinity) this.#sweep.expect(now + this.#delayMs);
  }

  disarm(item: T): void {
    this.#armed.delete(item);
  }

  get size(): number {
    return this.#armed.size;
  }

  /** When an item was armed. */
  armedAt(item: T): number | undefined {
    const at = this.#armed.get(item);
    return at === undefined ? undefined : at + this.#sweep.began;
  }

  /** When an item is due; `undefined` where it is not armed. */
  dueAt(item: T): number | undefined {
    const at = this.armedAt(item);
    return at === undefined ? undefined : at + this.#delayMs;
  }

  /** The items, the one armed longest ago first. */
  items(): Iterable<T> {
    return this.#armed.keys();
  }

  /** The item armed longest ago. */
  first(): T | undefined {
    for (const item of this.#armed.keys()) return item;
    return undefined;
  }

  /** When the next item is due; `Infinity` when there is none. */
  next(): number {
    for (const at of this.#armed.values()) return at + this.#sweep.began + this.#delayMs;
    return Infinity;
  }

  /** Fires what is due, up to a number of items; the rest is next as soon as others had their turn. */
  run(now: number): void {
    const due = now - this.#sweep.began - this.#delayMs;
    let fired = 0;
    for (const [item, at] of this.#armed) {
      if (at > due || fired++ === AT_ONCE) return;
      this.#armed.delete(item);
      this.#fire(item);
    }
  }

  clear(): void {
    this.#armed.clear();
  }
}

/** All deadlines of a runtime: any number of queues, one timer. */
export class Deadlines {
  readonly #clock: Clock;
  readonly began: number;
  readonly #queues: DeadlineQueue<never>[] = [];
  #timer: unknown;
  #isStopped = false;
  #timerAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.began = Math.trunc(clock.now());
  }

  now(): number {
    return this.#clock.now();
  }

  /** Items that are armed, in all queues. */
  get size(): number {
    return this.#queues.reduce((sum, { size }) => sum + size, 0);
  }

  /** @param delayMs `Infinity` makes a queue that never fires. */
  queue<T>(delayMs: number, fire: (item: T) => void): DeadlineQueue<T> {
    const queue = new DeadlineQueue<T>(this, delayMs, fire);
    this.#queues.push(queue as unknown as DeadlineQueue<never>);
    return queue;
  }

  /** Makes sure the timer fires no later than `at`. */
  expect(at: number): void {
    if (this.#isStopped || at >= this.#timerAt) return;
    this.#clock.clearTimeout(this.#timer);
    this.#arm(at);
  }

  /** Stops the timer and forgets every item, for good: what is armed later is never due. */
  stop(): void {
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = Infinity;
    for (const queue of this.#queues) queue.clear();
  }

  #arm(at: number): void {
    this.#timerAt = at;
    const delay = Math.min(Math.max(at - this.#clock.now(), 0), MAX_TIMER_MS);
    // A timer belongs to the session it was set in; this one serves them all.
    this.#timer = runOutside(() => this.#clock.setTimeout(this.#run, delay));
  }

  readonly #run = (): void => {
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    try {
      for (const queue of this.#queues) queue.run(now);
    } finally {
      // Even when a callback threw: what was due behind it is due as before.
      let next = Infinity;
      for (const queue of this.#queues) next = Math.min(next, queue.next());
      if (next < this.#timerAt) this.expect(next);
    }
  };
}
