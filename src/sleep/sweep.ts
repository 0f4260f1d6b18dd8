import { ActorsError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { SessionActor } from '../sessionActor.ts';
import type { SessionRecord } from './record.ts';
import type { Sleepers } from './sleepers.ts';

/** Records looked at in one go, so that a sweep does not hold up the sessions that are awake. */
const MOST = 500;

/** Lets go, now and then, of those whose time is over. */
export class Sweep {
  readonly #sleepers: Sleepers;
  readonly #services: Services;
  readonly #residents: () => Iterable<SessionActor>;
  #isRunning = false;

  constructor(sleepers: Sleepers, services: Services, residents: () => Iterable<SessionActor>) {
    this.#sleepers = sleepers;
    this.#services = services;
    this.#residents = residents;
  }

  /** Somebody sleeps: there will be a sweep. */
  expect(): void {
    const { sweep } = this.#services;
    if (sweep.armedAt(this.#sleepers) === undefined) sweep.arm(this.#sleepers);
  }

  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const sleepers = this.#sleepers;
    try {
      const now = this.#services.settings.clock.now();
      await sleepers.opened();
      for (const record of await sleepers.reads.due(now, MOST)) {
        // One that is here has deadlines of its own, and says so below.
        if (!sleepers.isHere(record.id)) await this.#letGo(record);
      }
      this.#renew(now);
    } catch (error) {
      sleepers.failed('sweep', error);
    } finally {
      this.#isRunning = false;
      this.expect();
    }
  }

  /** Looks for it anew, which ends it: it may have been used since it was listed. */
  async #letGo(record: SessionRecord): Promise<void> {
    const sleepers = this.#sleepers;
    try {
      await sleepers.seek(record.id, record.principal);
    } catch (error) {
      // Of the store, and announced.
      if (error instanceof ActorsError) return;
      sleepers.failed('sweep', error);
      sleepers.drop(record);
    }
  }

  /** What is stored of those in this process must not expire before they do. */
  #renew(now: number): void {
    if (!this.#sleepers.isDurable) return;
    const half = (this.#sleepers.expiry() - now) / 2;
    for (const { isStorable, isKept, keeping, path } of this.#residents()) {
      if (!isStorable || !isKept || path.startsWith('closing')) continue;
      if (keeping.storedUntil - now < half) keeping.changed();
    }
  }
}
