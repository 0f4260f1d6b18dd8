import type { Random } from './random.ts';
import type { SimClock } from './simClock.ts';

/** Something outside of the runtime that will be done: a commit, a chunk that arrives, a close. */
export interface Completion {
  readonly label: string;
  /** Not before this time; `Infinity` until somebody says so. */
  due: number;
  readonly run: () => void;
}

/** What a scheduler tells of what it does. */
export interface Observer {
  did(label: string): void;
  /** A completion threw: in a process, that is an uncaught exception. */
  threw(error: unknown): void;
}

const immediate = setImmediate;

/** Turns that are on their way together: between them, the loop does not look for input. */
const ROUND = 64;
let turnsAhead = 0;
const awaited: (() => void)[] = [];

/** Runs every continuation there is. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    awaited.push(resolve);
    if (turnsAhead > 0) return;
    for (; turnsAhead < ROUND; turnsAhead++) immediate(takeTurn);
  });
}

function takeTurn(): void {
  turnsAhead--;
  awaited.shift()?.();
}

/** Most completions without time passing: beyond, something runs in circles. */
const ENDLESS = 20_000;

/** One queue of all that happens outside of the runtime. A seed picks what comes next. */
export class Scheduler {
  clock: SimClock;
  /** Decides what comes next; each step of a history brings its own. */
  random: Random;
  readonly #observer: Observer;
  #waiting: Completion[] = [];

  constructor(clock: SimClock, random: Random, observer: Observer) {
    this.clock = clock;
    this.random = random;
    this.#observer = observer;
  }

  add(label: string, run: () => void, due = 0): Completion {
    const completion = { label, run, due };
    this.#waiting.push(completion);
    return completion;
  }

  remove(completion: Completion): void {
    this.#waiting = this.#waiting.filter((each) => each !== completion);
  }

  /** The process is dead: what was under way comes to nothing. */
  clear(): void {
    this.#waiting = [];
  }

  /** Does one thing that may happen now. `false`: there is none. */
  async step(): Promise<boolean> {
    const now = this.clock.now();
    const ready = this.#waiting.filter(({ due }) => due <= now);
    const timer = this.clock.first();
    const isDue = timer !== undefined && timer.at <= now;
    const count = ready.length + Number(isDue);
    if (count === 0) return false;
    const which = this.random.below(count);
    const next = ready[which];
    if (next === undefined) await this.#fire(timer!);
    else {
      this.remove(next);
      await this.#run(next.label, next.run);
    }
    return true;
  }

  /** Does a number of things that may happen now. */
  async some(count: number): Promise<void> {
    for (let i = 0; i < count; i++) if (!(await this.step())) return;
  }

  /** Does all that may happen now, and what follows from it. */
  async settle(): Promise<void> {
    await turn();
    for (let count = 0; await this.step(); count++) {
      if (count === ENDLESS) throw new Error('endless without time passing');
    }
  }

  /** Time passes, and all that falls due in it happens. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      await this.settle();
      const next = this.#next();
      if (next > end) break;
      this.clock.moveTo(next);
    }
    this.clock.moveTo(end);
    await this.settle();
  }

  /** The loop stands still: time has passed, and then all timers that are due fire in one sweep. */
  async stall(ms: number): Promise<void> {
    this.clock.moveTo(this.clock.now() + ms);
    const now = this.clock.now();
    for (let timer = this.clock.first(); timer !== undefined && timer.at <= now;) {
      await this.#fire(timer);
      timer = this.clock.first();
    }
  }

  #next(): number {
    let next = this.clock.first()?.at ?? Infinity;
    for (const { due } of this.#waiting) next = Math.min(next, due);
    return next;
  }

  async #fire(timer: NonNullable<ReturnType<SimClock['first']>>): Promise<void> {
    this.clock.take(timer);
    await this.#run(`timer of ${timer.owner}`, timer.fire);
  }

  async #run(label: string, run: () => void): Promise<void> {
    this.#observer.did(label);
    try {
      run();
    } catch (error) {
      this.#observer.threw(error);
    }
    await turn();
  }
}
