import { outsideSessions } from '../base/asyncContext.ts';
import { systemClock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { timerFor } from '../base/within.ts';
import type { StoreObserver } from '../store/store.ts';
import type { Encoded } from './changes.ts';
import { type Arg, Client } from './client.ts';
import { Hold } from './hold.ts';
import { Ledger } from './ledger.ts';
import { Link } from './link.ts';
import type { CheckedOptions } from './options.ts';
import type { Script } from './scripts.ts';
import { type Sealer, sealerOf } from '../store/codec/sealer.ts';
import { Writes } from './writes.ts';

/** How soon a question whose connection was lost is asked again. */
const PAUSE_MS = 20;
/** How often a Redis may come back with an older state while one question is answered. */
const MAX_MENDS = 3;

/** The way of a store and of its parts to Redis: one connection, one right, one line of writes. */
export class Engine {
  readonly options: CheckedOptions;
  readonly sealer: Sealer;
  readonly #link: Link;
  readonly #hold: Hold;
  readonly #writes: Writes;
  readonly #observers: StoreObserver[] = [];
  #closed: Promise<void> | null = null;

  constructor(options: CheckedOptions) {
    const { timeoutMs, maxRememberedBytes } = options;
    const clock = systemClock;
    const ledger = new Ledger(maxRememberedBytes, () => clock.now());
    const sealer = sealerOf(options.secrets);
    this.options = options;
    this.sealer = sealer;
    this.#link = new Link({
      // The connection is nobody's session's, whoever asks first.
      connect: (host) => outsideSessions(() => Client.open(options, timeoutMs, host)),
      timer: timerFor(clock, timeoutMs),
      pause: () => new Promise((resolve) => void clock.setTimeout(resolve, PAUSE_MS)),
      renewed: () => this.#hold.renewed(),
    });
    this.#hold = new Hold({
      ...options,
      link: this.#link,
      ledger,
      sealer,
      clock,
      behind: () => this.#writes.mend(),
      lost: (error) => this.tell(error),
    });
    this.#writes = new Writes({
      ...options,
      hold: this.#hold,
      ledger,
      forgot: (error, isWhole) => {
        this.tell(error);
        if (!isWhole) for (const observer of this.#observers) observer.forgot();
      },
    });
  }

  observe(observer: StoreObserver): void {
    this.#observers.push(observer);
  }

  /** Tells of something that no caller waits for. */
  tell(error: ActorsError): void {
    for (const observer of this.#observers) observer.failed(error);
  }

  /** Takes the store. @throws ActorsError */
  async open(): Promise<void> {
    this.#refuseClosed();
    await this.#hold.open();
  }

  /** Reads from what this process has. @throws ActorsError */
  async read(script: Script, ...args: readonly Arg[]): Promise<readonly unknown[]> {
    this.#refuseClosed();
    for (let mends = 0; mends < MAX_MENDS; mends++) {
      const held = await this.#hold.ask(script, args);
      if (held.is === 'held') return held.answer;
      await this.#writes.mend();
    }
    throw new ActorsError('store-unavailable', 'Redis forgets faster than it can be told again');
  }

  /** Makes changes, whole and in order. @throws ActorsError */
  async write(changes: Encoded): Promise<void> {
    this.#refuseClosed();
    await this.#writes.write(changes);
  }

  /** Makes what was asked for, leaves the store to the next process, and hangs up. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#writes.close();
    await this.#hold.leave();
    this.#link.close();
  }

  #refuseClosed(): void {
    if (this.#closed !== null) throw new ActorsError('store-unavailable', 'The store is closed');
  }
}
