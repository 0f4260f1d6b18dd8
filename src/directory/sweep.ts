import { ActorsError } from '../base/errors.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Timed } from '../base/timetable.ts';
import type { Services } from '../events/services.ts';
import type { SessionRecord } from '../store/record.ts';
import type { SleepLimitsHost } from './sleepLimits.ts';

/** Records read in one go, so that a sweep does not hold up the sessions that are awake. */
const MOST = 256;
/** Longest time between two sweeps; where sessions live short, a twentieth of `evictAfterMs`. */
const MAX_SWEEP_MS = 60_000;
/** The pause between the parts of a long sweep: sessions in use have their turn. */
const SOON_MS = 1;

/** How soon a session that found no place to wake in is tried again. */
const AGAIN_MS = 1000;

/**
 * Ends sleeping sessions whose time is over, in a sweep now and then; has sessions that sleep until
 * a time recalled, in a sweep at that time.
 */
export class Sweep {
  readonly #directory: SleepLimitsHost;
  readonly #services: Services;
  readonly #later: DeadlineQueue<Sweep>;
  /** A sweep that has more records to look at. */
  readonly #soon: DeadlineQueue<Sweep>;
  readonly #sweepMs: number;
  #isRunning = false;
  /** Another sweep was asked for while one ran. */
  #isAsked = false;
  /** The sweep at the time until which the next session sleeps; `null` where none is known of. */
  #next: Timed | null = null;
  #sleepsUntil = false;

  constructor(directory: SleepLimitsHost, services: Services) {
    this.#directory = directory;
    this.#services = services;
    const { deadlines, limits } = services;
    const run = (sweep: Sweep): void => void sweep.run();
    const sweepMs = Math.min(Math.max(limits.evictAfterMs / 20, 1), MAX_SWEEP_MS);
    this.#sweepMs = sweepMs;
    this.#later = deadlines.queue(sweepMs, run);
    this.#soon = deadlines.queue(SOON_MS, run);
  }

  /** Makes sure there will be a sweep, because a session sleeps. */
  expect(): void {
    if (this.#later.armedAt(this) === undefined) this.#later.arm(this);
  }

  /** Makes sure there will be a sweep at a time, because a session sleeps until then. */
  expectBy(at: number): void {
    this.#sleepsUntil = true;
    this.expect();
    const { clock, deadlines } = this.#services;
    const now = clock.now();
    // A time that has passed is that of a session which woke for it in vain.
    const next = at > now ? at : now + AGAIN_MS;
    if (this.#next !== null && this.#next.at <= next) return;
    if (this.#next !== null) deadlines.cancel(this.#next);
    this.#next = deadlines.at(next, () => {
      this.#next = null;
      void this.run();
    });
  }

  /** Sweeps one part of the records that are due; the next part, if any, follows soon. */
  async run(): Promise<void> {
    const { keeper } = this.#directory;
    if (keeper.isOver) return;
    if (this.#isRunning) {
      this.#isAsked = true;
      return;
    }
    this.#isRunning = true;
    this.#isAsked = false;
    let hasMore = false;
    try {
      const now = this.#services.clock.now();
      await keeper.opened();
      keeper.keepTime();
      const due = await keeper.reads.due(now, MOST);
      // A session in this process has deadlines of its own, and its record is renewed below.
      const away = due.filter(({ id }) => !this.#directory.isHere(id));
      for (const record of away) await this.#letGo(record);
      // A store that does not forget would be asked for the same records for ever.
      hasMore =
        due.length === MOST &&
        away.length > 0 &&
        (await keeper.forgotten(away.map(({ id }) => id)));
      if (!hasMore) this.#renew(now);
      if (!hasMore && this.#sleepsUntil) await this.#lookAhead(now);
    } catch (error) {
      keeper.failed('sweep', error);
    } finally {
      this.#isRunning = false;
      if (hasMore || this.#isAsked) this.#soon.arm(this);
      else this.expect();
    }
  }

  /** Finds until when the next session sleeps, where that is before the next sweep. */
  async #lookAhead(now: number): Promise<void> {
    const { keeper } = this.#directory;
    const soon = await keeper.reads.due(now + this.#sweepMs, MOST);
    const next = soon.find(
      ({ id, lastsMs }) => lastsMs !== undefined && !this.#directory.isHere(id),
    );
    if (next !== undefined) this.expectBy(next.expiresAt);
  }

  /**
   * Recalls a session whose record is due: it has something to do, or has expired, which ends it
   * unless it was used since.
   */
  async #letGo(record: SessionRecord): Promise<void> {
    const { keeper } = this.#directory;
    try {
      await this.#directory.seek(record.id, record.principal);
    } catch (error) {
      // The store failed, and the failure is announced.
      if (error instanceof ActorsError) return;
      keeper.failed('sweep', error);
      // Somebody else who asked for the session may have ended it meanwhile.
      if (!this.#directory.isHere(record.id)) keeper.drop(record);
    }
  }

  /** Stores each session in this process anew: the store has lost some, and does not know which. */
  restore(): void {
    this.#store(Infinity);
  }

  /** Renews records of sessions in this process: none may expire before its session does. */
  #renew(now: number): void {
    const { keeper } = this.#directory;
    if (keeper.isDurable) this.#store(now + (keeper.expiry() - now) / 2);
  }

  /** Stores the sessions in this process whose records expire before a time. */
  #store(before: number): void {
    for (const { persistence, snapshot } of this.#directory.residents()) {
      if (persistence?.isUsed !== true || snapshot.hasTag('ending')) continue;
      if (persistence.storedUntil < before) persistence.changed();
    }
  }
}
