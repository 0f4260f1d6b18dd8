import { ActorsError } from '../../../src/base/errors.ts';
import type { Random } from '../../simulation/random.ts';
import type { Scheduler } from '../../simulation/scheduler.ts';
import { Wire } from './wire.ts';

/** What a connection needs of its process. */
export interface LineHost {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How much longer the way takes at most than it should, in milliseconds. */
  readonly slowMs: number;
  /** The server at the other end can be reached. */
  readonly isReachable: boolean;
  /** Runs a callback in the process: later where it stands still, never where it is dead. */
  run(callback: () => void): void;
}

/** Hears what becomes of a connection. */
export interface LineEvents {
  /** There is a connection again. */
  readonly made?: () => void;
  readonly broke?: () => void;
}

/** A connection of one process to a server: in order both ways, and made again where it breaks. */
export class Line {
  readonly #host: LineHost;
  readonly #events: LineEvents;
  readonly #up: Wire;
  readonly #down: Wire;
  /** Who waits for an answer, and gets none where the connection breaks. */
  readonly #asking = new Set<() => void>();
  #isOpen = true;
  #isClosed = false;

  constructor(host: LineHost, what: string, events: LineEvents) {
    const { scheduler, random, name } = host;
    const delayMs = (): number =>
      0.2 + random.next() * ((random.chance(0.02) ? 60 : 1.5) + host.slowMs);
    this.#host = host;
    this.#events = events;
    this.#up = new Wire(scheduler, `${what} < ${name}`, delayMs);
    this.#down = new Wire(scheduler, `${what} > ${name}`, delayMs);
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isClosed;
  }

  /** Asks the server. Rejects with `store-unavailable` where no answer can come. */
  ask<T>(question: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lose = (): void => reject(lost());
      if (!this.isOpen) return this.#later(lose);
      this.#asking.add(lose);
      this.#up.carry(() => {
        let answer: () => void;
        try {
          const value = question();
          answer = () => resolve(value);
        } catch (error) {
          answer = () => reject(error);
        }
        this.push(() => {
          this.#asking.delete(lose);
          answer();
        });
      });
    });
  }

  /** The server says something to the process. */
  push(said: () => void): void {
    this.#down.carry(() => this.#host.run(said));
  }

  /** Loses what is under way in either direction. */
  break(): void {
    if (!this.isOpen) return;
    this.#isOpen = false;
    this.#lose();
    this.#host.run(() => this.#events.broke?.());
    this.#retry();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lose();
  }

  #retry(): void {
    const { scheduler, random } = this.#host;
    const due = scheduler.clock.now() + 20 + random.below(100);
    scheduler.add(`retry of ${this.#host.name}`, () => this.#connect(), due);
  }

  #connect(): void {
    if (this.#isClosed) return;
    if (!this.#host.isReachable) return this.#retry();
    this.#isOpen = true;
    // A process that stands still finds out when it goes on.
    this.#host.run(() => this.#events.made?.());
  }

  #lose(): void {
    this.#up.break();
    this.#down.break();
    const asking = [...this.#asking];
    this.#asking.clear();
    if (asking.length === 0) return;
    this.#host.run(() => {
      for (const lose of asking) lose();
    });
  }

  #later(lose: () => void): void {
    const { scheduler, name } = this.#host;
    scheduler.add(`no line of ${name}`, () => this.#host.run(lose), scheduler.clock.now() + 1);
  }
}

function lost(): ActorsError {
  return new ActorsError('store-unavailable', 'The connection was lost');
}
