import { ActorsError } from '../base/errors.ts';
import type { Services } from '../events/services.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { SessionRecord } from '../store/record.ts';
import type { Sleepers } from './directory.ts';

/** Records looked at in one go, so that a sweep does not hold up the sessions that are awake. */
const MOST = 256;

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

  /** Goes on soon where there are more: in parts, so that those in use have their turn. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const sleepers = this.#sleepers;
    let hasMore = false;
    try {
      const now = this.#services.settings.clock.now();
      await sleepers.opened();
      const due = await sleepers.reads.due(now, MOST);
      // One that is here has deadlines of its own, and says so below.
      const away = due.filter(({ id }) => !sleepers.isHere(id));
      for (const record of away) await this.#letGo(record);
      // A store that does not forget would be asked for the same ones for ever.
      hasMore =
        due.length === MOST &&
        away.length > 0 &&
        (await sleepers.forgotten(away.map(({ id }) => id)));
      if (!hasMore) this.#renew(now);
    } catch (error) {
      sleepers.failed('sweep', error);
    } finally {
      this.#isRunning = false;
      if (hasMore) this.#services.soon.arm(sleepers);
      else this.expect();
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
