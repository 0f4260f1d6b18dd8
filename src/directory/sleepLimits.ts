import type { Awaitable } from '../base/awaitable.ts';
import type { Services } from '../events/services.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Keeper } from '../store/keeper.ts';
import type { SessionRecord } from '../store/record.ts';

/** Records that are read to find a session that sleeps. */
const LOOKS = 500;

type Limit = 'maxSleeping' | 'maxSleepingBytes' | 'maxSleepingPerPrincipal';

/** What sleep limits need of the directory. */
export interface SleepLimitsHost {
  readonly keeper: Keeper;
  /** The session of this id is in this process, or has ended and may still be stored. */
  isHere(id: string): boolean;
  residents(): Iterable<SessionActor>;
  seek(id: string, principal: string | undefined): Awaitable<SessionActor | undefined>;
}

/** Bounds the number and the bytes of sleeping sessions: those that slept longest end first. */
export class SleepLimits {
  readonly #directory: SleepLimitsHost;
  readonly #services: Services;
  /** Principals with one more sleeping session since the bounds were checked. */
  readonly #grown = new Set<string | undefined>();
  #isTrimming = false;

  constructor(directory: SleepLimitsHost, services: Services) {
    this.#directory = directory;
    this.#services = services;
  }

  /** Notes that one more session of a principal sleeps, and checks the bounds. */
  grew(principal: string | undefined): void {
    this.#grown.add(principal);
    if (!this.#isTrimming) void this.#trim();
  }

  async #trim(): Promise<void> {
    const { counters, limits } = this.#services;
    const { keeper } = this.#directory;
    this.#isTrimming = true;
    try {
      for (const principal of this.#grown) {
        this.#grown.delete(principal);
        if (principal !== undefined) await this.#trimPrincipal(principal);
        while (counters.sessions.asleep > limits.maxSleeping) {
          if (!(await this.#endFirst('maxSleeping'))) break;
        }
        while (keeper.handshakeBytes > limits.maxSleepingBytes) {
          if (!(await this.#endFirst('maxSleepingBytes'))) break;
        }
      }
    } catch (error) {
      keeper.failed('sweep', error);
    } finally {
      this.#isTrimming = false;
    }
  }

  async #trimPrincipal(principal: string): Promise<void> {
    const { maxSleepingPerPrincipal } = this.#services.limits;
    const { keeper } = this.#directory;
    for (;;) {
      const records = await keeper.reads.count(principal);
      if (records <= maxSleepingPerPrincipal) return;
      // A durable store also has sessions that are awake; other limits bound those.
      if (records - this.#awake(principal) <= maxSleepingPerPrincipal) return;
      if (!(await this.#endFirst('maxSleepingPerPrincipal', principal))) return;
    }
  }

  /** Counts the sessions of a principal that are stored and do not sleep. */
  #awake(principal: string): number {
    if (!this.#directory.keeper.isDurable) return 0;
    let count = 0;
    for (const each of this.#directory.residents()) {
      if (each.principal === principal && each.persistence?.isUsed === true && !each.isAsleep)
        count++;
    }
    return count;
  }

  async #endFirst(limit: Limit, principal?: string): Promise<boolean> {
    const directory = this.#directory;
    const query = { limit: LOOKS, ...(principal !== undefined && { principal }) };
    const { records } = await directory.keeper.reads.page(query);
    const first = records.find(({ id }: SessionRecord) => !directory.isHere(id));
    if (first === undefined) return false;
    const actor = await directory.seek(first.id, first.principal);
    // The session ended, or woke, while it was looked for.
    if (actor === undefined || !actor.isAsleep || actor.holdsPlace) return true;
    this.#services.tripped(limit);
    actor.close('capacity');
    // A session counts until the store forgets it; where the store can not, for ever.
    return (actor.forgotten ?? DONE).then(
      () => true,
      () => false,
    );
  }
}

const DONE = Promise.resolve();
