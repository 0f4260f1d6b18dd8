import type { Random } from './random.ts';
import type { Manner, Setting, UserFunction } from './setting.ts';
import type { SimClock } from './simClock.ts';
import { UserError } from './userError.ts';

/** The user's functions, each in the manner of its history. */
export class UserCode {
  readonly #setting: Setting;
  readonly #clock: SimClock;
  readonly #random: () => Random;
  /** Nothing misbehaves any more. */
  isQuick = false;
  /** How often one did not do what it should. */
  faults = 0;

  constructor(setting: Setting, clock: SimClock, random: () => Random) {
    this.#setting = setting;
    this.#clock = clock;
    this.#random = random;
  }

  nap(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimeout(resolve, ms, 'user'));
  }

  /** A function whose value is needed at once. */
  now(name: UserFunction): void {
    if (this.#manner(name) === 'throws') throw new UserError(name);
  }

  /** A function that is waited for. */
  later(name: UserFunction): Promise<void> {
    const manner = this.#manner(name);
    if (manner === 'throws') throw new UserError(name);
    if (manner === 'rejects') return Promise.reject(new UserError(name));
    if (manner === 'hangs') return new Promise(() => {});
    return manner === 'slow' ? this.nap(this.#random().one(30, 700, 2500)) : Promise.resolve();
  }

  #manner(name: UserFunction): Manner {
    const [manner, often] = this.#setting.faulty[name] ?? ['quick', 0];
    if (this.isQuick || often === 0 || !this.#random().chance(often)) return 'quick';
    this.faults++;
    return manner;
  }
}
