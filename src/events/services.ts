import type { Channel } from '../adapters/channel.ts';
import { Deadlines, type DeadlineQueue } from '../base/deadlines.ts';
import { type DeadLetter } from './events.ts';
import { EventStream } from './eventStream.ts';
import type { Exchange } from '../session/exchange.ts';
import { createDigest } from '../base/ids.ts';
import { Ring } from '../base/ring.ts';
import type { Settings } from '../options.ts';
import type { Outbox } from '../http/outbox.ts';
import type { Question } from '../session/questions.ts';
import type { Sleepers } from '../directory/directory.ts';
import type { Kept } from '../store/writer.ts';
import { type PendingRelease, type WaitWithin, waitWithin } from '../base/scope.ts';
import type { Actor } from '../actor/actor.ts';
import { count, Counters } from './counters.ts';
import { SharedValidator } from '../session/validator.ts';
import type { ResponsePort } from '../wire/port.ts';
import { KEEP_ALIVE } from '../wire/sse.ts';

/** How soon a store that failed is asked again. */
const RETRY_MS = 1000;
/** How often at the least those asleep are looked at; with short lives, twenty times in one. */
const MAX_SWEEP_MS = 60_000;
/** Between the parts of a long sweep sessions in use have their turn. */
const SOON_MS = 1;

/** What all sessions of one runtime share: its settings, counters, and the one deadline sweep. */
export class Services {
  readonly settings: Settings<unknown>;
  readonly events = new EventStream();
  readonly counters = new Counters();
  readonly digest = createDigest();
  readonly serverOptions = { jsonSchemaValidator: new SharedValidator() };
  readonly deadLetters: Ring<DeadLetter>;
  /** Where sessions are while they have no server; scopes of a host have none. */
  sleepers: Sleepers | null = null;
  /** Sessions that ended here and go on in another process. */
  kept = 0;
  readonly deadlines: Deadlines;
  readonly wait: WaitWithin;

  readonly handshake: DeadlineQueue<Actor>;
  /** Channels whose peer has not said `initialize`. */
  readonly silent: DeadlineQueue<Channel>;
  readonly quiet: DeadlineQueue<Actor>;
  /** Detached idle sessions, least recently used first: capacity looks here as well. */
  readonly idle: DeadlineQueue<Actor>;
  /** Detached idle sessions that sleep or can not: those unused for longest first. */
  readonly evict: DeadlineQueue<Actor>;
  readonly closing: DeadlineQueue<Actor>;
  readonly slow: DeadlineQueue<Exchange>;
  readonly keepAlive: DeadlineQueue<ResponsePort>;
  readonly replayAge: DeadlineQueue<Outbox>;
  readonly unreached: DeadlineQueue<Question>;
  readonly releasing: DeadlineQueue<PendingRelease>;
  /** Sessions whose changes are stored a little later. */
  readonly later: DeadlineQueue<Kept>;
  /** Writes that wait for the store, and who tells those who wait that it took too long. */
  readonly storing: DeadlineQueue<() => void>;
  /** What the store did not do, to be tried again. */
  readonly retries: DeadlineQueue<() => void>;
  readonly sweep: DeadlineQueue<Sleepers>;
  /** A sweep that had not come to the end. */
  readonly soon: DeadlineQueue<Sleepers>;

  constructor(settings: Settings<unknown>) {
    this.settings = settings;
    this.deadLetters = new Ring(settings.maxHistory);
    const { clock } = settings;
    const deadlines = new Deadlines(clock);
    this.deadlines = deadlines;
    this.handshake = deadlines.queue(settings.handshakeTimeoutMs, expire);
    this.silent = deadlines.queue(settings.handshakeTimeoutMs, (channel) => channel.expire());
    this.quiet = deadlines.queue(settings.quietMs, (session) => session.lookForQuiet());
    this.idle = deadlines.queue(settings.idleTimeoutMs, expire);
    this.evict = deadlines.queue(settings.evictAfterMs, expire);
    this.closing = deadlines.queue(settings.closeTimeoutMs, expire);
    this.slow = deadlines.queue(settings.sseAfterMs, (exchange) => exchange.upgrade());
    this.keepAlive = deadlines.queue(settings.keepAliveMs, (port) => {
      if (port.gone) return;
      port.write(KEEP_ALIVE);
      this.keepAlive.arm(port);
    });
    this.replayAge = deadlines.queue(settings.replayMs, (outbox) => outbox.expire());
    this.unreached = deadlines.queue(settings.resumeWithinMs, (question) => question.giveUp?.());
    this.releasing = deadlines.queue(settings.closeTimeoutMs, (release) => release.expire());
    this.later = deadlines.queue(settings.writeBehindMs, (kept) => kept.writeBehind());
    this.storing = deadlines.queue(settings.storeTimeoutMs, (tooLong) => tooLong());
    this.retries = deadlines.queue(RETRY_MS, (again) => again());
    const sweepMs = Math.min(Math.max(settings.evictAfterMs / 20, 1), MAX_SWEEP_MS);
    this.sweep = deadlines.queue(sweepMs, (sleepers) => void sleepers.sweep());
    this.soon = deadlines.queue(SOON_MS, (sleepers) => void sleepers.sweep());
    this.wait = waitWithin(this.releasing, (callback, ms) => {
      const timer = clock.setTimeout(callback, ms);
      return () => clock.clearTimeout(timer);
    });
  }

  /** When the runtime began. */
  get began(): number {
    return this.deadlines.began;
  }

  /** A limit was met by no session in particular. */
  tripped(limit: keyof Settings<unknown>): void {
    count(this.counters.limits, limit);
    this.events.emit('limit', { session: undefined, limit });
  }

  /** A principal's name for logs and events. */
  readonly principalKey = (principal: string | undefined): string =>
    principal === undefined ? 'anonymous' : this.digest(principal);
}

function expire(session: Actor): void {
  session.tell({ type: 'deadline.passed' });
}
