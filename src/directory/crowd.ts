import type { Services } from '../events/services.ts';
import type { SessionRecord } from '../store/record.ts';
import type { Sleepers } from './directory.ts';

/** Records looked at to find one that sleeps. */
const LOOKS = 500;

type Limit = 'maxSleeping' | 'maxSleepingBytes' | 'maxSleepingPerPrincipal';

/** Keeps the number of those asleep in bounds: of too many, those that have slept longest end. */
export class Crowd {
  readonly #sleepers: Sleepers;
  readonly #services: Services;
  /** Principals of whom one more sleeps, since the bounds were looked at. */
  readonly #grown = new Set<string | undefined>();
  #isTrimming = false;

  constructor(sleepers: Sleepers, services: Services) {
    this.#sleepers = sleepers;
    this.#services = services;
  }

  /** One more sleeps. */
  grew(principal: string | undefined): void {
    this.#grown.add(principal);
    if (!this.#isTrimming) void this.#trim();
  }

  async #trim(): Promise<void> {
    const { settings, counters } = this.#services;
    const sleepers = this.#sleepers;
    this.#isTrimming = true;
    try {
      for (const principal of this.#grown) {
        this.#grown.delete(principal);
        if (principal !== undefined) await this.#trimPrincipal(principal);
        while (counters.sessions.asleep > settings.maxSleeping) {
          if (!(await this.#endFirst('maxSleeping'))) break;
        }
        while (sleepers.handshakeBytes > settings.maxSleepingBytes) {
          if (!(await this.#endFirst('maxSleepingBytes'))) break;
        }
      }
    } catch (error) {
      sleepers.failed('sweep', error);
    } finally {
      this.#isTrimming = false;
    }
  }

  async #trimPrincipal(principal: string): Promise<void> {
    const { maxSleepingPerPrincipal } = this.#services.settings;
    for (;;) {
      const records = await this.#sleepers.reads.count(principal);
      if (records <= maxSleepingPerPrincipal) return;
      // A durable store has those that are awake as well; they are bounded elsewhere.
      if (records - this.#sleepers.awake(principal) <= maxSleepingPerPrincipal) return;
      if (!(await this.#endFirst('maxSleepingPerPrincipal', principal))) return;
    }
  }

  async #endFirst(limit: Limit, principal?: string): Promise<boolean> {
    const sleepers = this.#sleepers;
    const query = { limit: LOOKS, ...(principal !== undefined && { principal }) };
    const { records } = await sleepers.reads.page(query);
    const first = records.find(({ id }: SessionRecord) => !sleepers.isHere(id));
    if (first === undefined) return false;
    const actor = await sleepers.seek(first.id, first.principal);
    // It ended, or woke, while it was looked for.
    if (actor === undefined || !actor.isAsleep || actor.holdsPlace) return true;
    this.#services.tripped(limit);
    actor.close('capacity');
    // It is counted until the store has forgotten it; one that can not counts for ever.
    return (actor.forgotten ?? DONE).then(
      () => true,
      () => false,
    );
  }
}

const DONE = Promise.resolve();
