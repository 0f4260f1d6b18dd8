import type { RefusalCode } from '../wire/refusals.ts';
import { ByteBudget } from '../base/byteBudget.ts';
import type { Clock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
import { createDigest } from '../base/ids.ts';
import type { Limits } from '../base/limits.ts';
import { Ring } from '../base/ring.ts';
import { Turns } from '../base/turns.ts';
import { count, Counters } from './counters.ts';
import type { ClockShift, DeadLetter, Escape } from './events.ts';
import { EventStream } from './eventStream.ts';
import { LoopGuard } from './loopGuard.ts';

/** What {@link Services} are made with. */
export interface ServicesOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  /** The event `message` carries the message itself. */
  readonly announceContent: boolean;
  /** Draws numbers from 0 up to 1. */
  readonly random: () => number;
}

/** Refusals that a limit is the reason of. */
const BY_LIMIT: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'at-capacity',
  'quota-reached',
  'session-busy',
  'rate-limited',
  'overloaded',
]);

/** What every part of a runtime shares: time, limits, and how things are counted and announced. */
export class Services {
  /** The limit that was met last. */
  #met: string | undefined;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly announceContent: boolean;
  readonly random: () => number;
  readonly events = new EventStream();
  readonly counters = new Counters();
  readonly deadLetters: Ring<DeadLetter>;
  readonly digest: ReturnType<typeof createDigest>;
  /** Bytes of the messages that all sessions hold, by principal. */
  readonly queued: ByteBudget<string | undefined>;
  /** Whether there is room for new sessions in the turns of the event loop. */
  readonly loop: LoopGuard;
  /** When who says much waits for the others. */
  readonly turns: Turns;
  /** The one sweep of the runtime. Each room makes its own queues in the sweep. */
  readonly deadlines: Deadlines;

  /** @param trunk the services of which these are a {@link branch} */
  constructor({ clock, limits, announceContent, random }: ServicesOptions, trunk?: Services) {
    this.clock = clock;
    this.random = random;
    this.limits = limits;
    this.announceContent = announceContent;
    this.deadLetters = new Ring(limits.maxHistory);
    this.digest = trunk?.digest ?? createDigest();
    this.queued = trunk?.queued ?? new ByteBudget(limits.maxQueueTotalBytes);
    this.loop = trunk?.loop ?? new LoopGuard(limits, this.counters);
    this.turns = trunk?.turns ?? new Turns(clock);
    this.deadlines =
      trunk?.deadlines ??
      new Deadlines(clock, (error) => {
        this.events.emit('observer.failed', { event: 'deadline', error });
      });
  }

  /**
   * Services of another kind of actor in this runtime. Limits, counters and events are of its own;
   * time, names and the turns of the event loop are the runtime's.
   */
  branch(limits: Partial<Limits>): Services {
    const { clock, announceContent, random } = this;
    const options = { clock, announceContent, random, limits: { ...this.limits, ...limits } };
    return new Services(options, this);
  }

  /**
   * What an authenticated caller is told of a refusal for a limit, in the turn the limit was met
   * in: its name. Others are told nothing of how a server is set up.
   */
  limitFor(code: RefusalCode, principal: string | undefined): { limit: string } | undefined {
    if (principal === undefined || this.#met === undefined || !BY_LIMIT.has(code)) return undefined;
    return { limit: this.#met };
  }

  /**
   * Counts and announces that a limit was met.
   *
   * @param limit name of the option
   * @param session key of the session that met the limit, where a session did
   */
  tripped(limit: string, session?: string): void {
    this.#met = limit;
    count(this.counters.limits, limit);
    this.events.emit('limit', { session, limit });
  }

  /** Counts and announces that the clock is far from what the store has last seen of it. */
  shifted(shift: ClockShift): void {
    this.tripped('maxClockGapMs');
    this.events.emit('clock.shifted', shift);
  }

  /** Counts and announces an error that nobody caught, and that no session ends for. */
  escaped(error: unknown, why: Escape, session?: string): void {
    this.counters.escaped++;
    this.events.emit('error.escaped', { session, error, why });
  }

  /** A principal's name for logs and events. */
  readonly principalKey = (principal: string | undefined): string =>
    principal === undefined ? 'anonymous' : this.digest(principal);
}
