import type { Awaitable } from '../base/awaitable.ts';
import { Tally } from '../base/tally.ts';
import { laterTurn } from '../base/turns.ts';
import type { Services } from '../events/services.ts';
import type { Keeper } from '../store/keeper.ts';
import type { SessionRecord } from '../store/record.ts';
import type { RecordPage, RecordQuery } from '../store/store.ts';

/** Records that are read in one go to find a session that sleeps. */
const LOOKS = 500;
/** Pages that are read to find one of a caller without a name. */
const MAX_PAGES = 40;

type Limit = 'maxSleeping' | 'maxSleepingBytes' | 'maxSleepingPerPrincipal';

/** An actor that sleeps, as its limits and the sweep use it. */
export interface Sleeper {
  readonly principal: string | undefined;
  readonly isAsleep: boolean;
  readonly holdsPlace: boolean;
  readonly snapshot: { hasTag(tag: 'ending'): boolean };
  /** Stores the actor; `null` where no durable store keeps the actor. */
  readonly persistence: {
    readonly isUsed: boolean;
    readonly storedUntil: number;
    changed(): void;
  } | null;
  /** Resolves when the store has forgotten the ended actor; `null` where it knew nothing. */
  readonly forgotten: Promise<void> | null;
  close(reason: 'capacity'): void;
}

/** What sleep limits need of the directory. */
export interface SleepLimitsHost {
  readonly keeper: Keeper;
  /** The session of this id is in this process, or has ended and may still be stored. */
  isHere(id: string): boolean;
  residents(): Iterable<Sleeper>;
  seek(id: string, principal: string | undefined): Awaitable<Sleeper | undefined>;
}

/**
 * Bounds the number and the bytes of sleeping sessions: of whoever has most, the one that slept
 * longest ends first.
 */
export class SleepLimits {
  readonly #directory: SleepLimitsHost;
  readonly #services: Services;
  /** Principals with one more sleeping session since the bounds were checked. */
  readonly #grown = new Set<string | undefined>();
  /** How many sessions of each principal sleep. Counted once it matters: most never meet the bound. */
  #asleep: Tally | null = null;
  #isTrimming = false;

  constructor(directory: SleepLimitsHost, services: Services) {
    this.#directory = directory;
    this.#services = services;
  }

  /** Notes that one more session of a principal sleeps, and checks the bounds. */
  grew(principal: string | undefined): void {
    this.#grown.add(principal);
    this.#asleep?.add(principal, 1);
    if (!this.#isTrimming) void this.#trim();
  }

  /** Notes that a session of a principal sleeps no more. */
  woke(principal: string | undefined): void {
    this.#asleep?.add(principal, -1);
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
    const first =
      limit === 'maxSleepingPerPrincipal'
        ? await this.#oldestOf(principal)
        : await this.#firstOf(
            limit === 'maxSleeping' ? await this.#counted() : directory.keeper.handshakesBrought,
          );
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

  /** The session that slept longest of whoever holds most; of several who do, the eldest. */
  async #firstOf(tally: Tally): Promise<SessionRecord | undefined> {
    const away = await this.#away({ limit: LOOKS });
    const { most } = tally;
    if (most === undefined) return away[0];
    const first = away.find(({ principal }) => tally.of(principal) === most.amount);
    const found = first ?? (await this.#oldestOf(most.principal));
    if (found !== undefined) return found;
    // What sleeps of it is in this process, or was another process's.
    tally.forget(most.principal);
    return away[0];
  }

  /** The session of a principal, or of nobody's name, that slept longest. */
  async #oldestOf(principal: string | undefined): Promise<SessionRecord | undefined> {
    if (principal !== undefined) return (await this.#away({ limit: LOOKS, principal }))[0];
    const { reads } = this.#directory.keeper;
    let query: RecordQuery = { limit: LOOKS };
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const { records, next } = await reads.page(query);
      const found = records.find((each) => this.#isAway(each) && each.principal === undefined);
      if (found !== undefined || next === undefined) return found;
      query = { limit: LOOKS, after: next };
    }
    return undefined;
  }

  /** Counts who sleeps, once: from then on it is known of each that does. */
  async #counted(): Promise<Tally> {
    if (this.#asleep !== null) return this.#asleep;
    const tally = new Tally();
    const { reads } = this.#directory.keeper;
    for (let query: RecordQuery | undefined = { limit: LOOKS }; query !== undefined;) {
      const { records, next }: RecordPage = await reads.page(query);
      for (const each of records) if (this.#isAway(each)) tally.add(each.principal, 1);
      query = next === undefined ? undefined : { limit: LOOKS, after: next };
      // There may be a million, and those awake have work to do.
      if (query !== undefined) await laterTurn(this.#services.clock);
    }
    return (this.#asleep = tally);
  }

  async #away(query: RecordQuery): Promise<SessionRecord[]> {
    const { records } = await this.#directory.keeper.reads.page(query);
    return records.filter((each) => this.#isAway(each));
  }

  #isAway({ id }: SessionRecord): boolean {
    return !this.#directory.isHere(id);
  }
}

const DONE = Promise.resolve();
