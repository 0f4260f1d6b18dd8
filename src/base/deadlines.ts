import { type Clock, MAX_TIMER_MS } from './clock.ts';
import { outsideSessions } from './asyncContext.ts';
import { Timetable, type Timed } from './timetable.ts';

/** Most items of one queue that fire in one go: sessions in use are served between two goes. */
export const AT_ONCE = 256;

/**
 * Items that fall due one fixed delay after they were armed.
 *
 * Because the delay is the same for all items, the order of arming is the order of falling due, and
 * a Map keeps it: arming, disarming and finding the next item are O(1) with any number of items.
 */
export class DeadlineQueue<T> {
  /** When each item was armed, since the sweep began: small integers need no object each. */
  readonly #armed = new Map<T, number>();
  readonly #sweep: Deadlines;
  readonly #delayMs: number;
  readonly #fire: (item: T) => void;

  constructor(sweep: Deadlines, delayMs: number, fire: (item: T) => void) {
    this.#sweep = sweep;
    this.#delayMs = delayMs;
    this.#fire = fire;
  }

  /** Starts the delay of an item anew. */
  arm(item: T): void {
    this.#armed.delete(item);
    this.#armed.set(item, this.#sweep.expectIn(this.#delayMs) - this.#sweep.began);
  }

  disarm(item: T): void {
    this.#armed.delete(item);
  }

  get size(): number {
    return this.#armed.size;
  }

  /** When an item was armed, in milliseconds since the epoch; `undefined` where it is not armed. */
  armedAt(item: T): number | undefined {
    const at = this.#armed.get(item);
    return at === undefined ? undefined : at + this.#sweep.began;
  }

  /** When an item is due, in milliseconds since the epoch; `undefined` where it is not armed. */
  dueAt(item: T): number | undefined {
    const at = this.armedAt(item);
    return at === undefined ? undefined : at + this.#delayMs;
  }

  /** The armed items, the one armed longest ago first. */
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

  /** Fires items that are due, up to a number; the rest fires once other work had its turn. */
  run(now: number, failed: (error: unknown) => void): void {
    const due = now - this.#sweep.began - this.#delayMs;
    let fired = 0;
    for (const [item, at] of this.#armed) {
      if (at > due || fired++ === AT_ONCE) return;
      this.#armed.delete(item);
      try {
        this.#fire(item);
      } catch (error) {
        // Items behind this one are other sessions'.
        failed(error);
      }
    }
  }

  clear(): void {
    this.#armed.clear();
  }
}

/** Items that fall due, as the sweep uses them. */
export interface Due {
  readonly size: number;
  /** When the next item is due; `Infinity` when there is none. */
  next(): number;
  run(now: number, failed: (error: unknown) => void): void;
  clear(): void;
}

/** The sweep of a runtime: all its deadlines, in any number of queues, with one timer. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly began: number;
  readonly #queues: Due[] = [];
  /** Made with the first callback that has a time of its own. */
  #timetable: Timetable | null = null;
  #timer: unknown;
  #isStopped = false;
  #timerAt = Infinity;

  /** @param failed told of an error that a callback threw: the other items fall due all the same */
  constructor(clock: Clock, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
    this.began = Math.trunc(clock.now());
  }

  now(): number {
    return this.#clock.now();
  }

  /** How many items are armed, in all queues. */
  get size(): number {
    return this.#queues.reduce((sum, { size }) => sum + size, 0);
  }

  /** Makes a queue. @param delayMs milliseconds; `Infinity` makes a queue that never fires */
  queue<T>(delayMs: number, fire: (item: T) => void): DeadlineQueue<T> {
    const queue = new DeadlineQueue<T>(this, delayMs, fire);
    this.add(queue);
    return queue;
  }

  /** Adds items with deadlines of their own kind to the sweep. */
  add(due: Due): void {
    this.#queues.push(due);
  }

  /** Calls back at a time, in milliseconds since the epoch. Times of the past are due at once. */
  at(time: number, fire: () => void): Timed {
    if (this.#timetable === null) this.add((this.#timetable = new Timetable(AT_ONCE)));
    const timed = this.#timetable.add(time, fire);
    this.expect(time);
    return timed;
  }

  /** Calls back no more. */
  cancel(timed: Timed): void {
    this.#timetable?.remove(timed);
  }

  /** Makes sure the timer fires no later than `at`. */
  expect(at: number): void {
    if (this.#isStopped || at >= this.#timerAt) return;
    this.#clock.clearTimeout(this.#timer);
    this.#arm(at);
  }

  /** Makes sure the timer fires no later than in so many milliseconds. @returns what time it is */
  expectIn(delayMs: number): number {
    const now = this.now();
    if (delayMs !== Infinity) this.expect(now + delayMs);
    return now;
  }

  /** Stops the timer and forgets every item, for good: an item armed later never falls due. */
  stop(): void {
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = Infinity;
    for (const queue of this.#queues) queue.clear();
  }

  #arm(at: number): void {
    this.#timerAt = at;
    const delay = Math.min(Math.max(at - this.#clock.now(), 0), MAX_TIMER_MS);
    // A timer belongs to the session it is set in; this timer serves all sessions.
    this.#timer = outsideSessions(() => this.#clock.setTimeout(this.#run, delay));
  }

  readonly #run = (): void => {
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    for (const queue of this.#queues) queue.run(now, this.#failed);
    let next = Infinity;
    for (const queue of this.#queues) next = Math.min(next, queue.next());
    if (next < this.#timerAt) this.expect(next);
  };
}
