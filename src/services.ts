import type { Channel } from './channel.ts';
import { Deadlines, type DeadlineQueue } from './deadlines.ts';
import { type DeadLetter, EventStream } from './events.ts';
import type { Exchange } from './exchange.ts';
import { createDigest } from './ids.ts';
import { Ring } from './journal.ts';
import type { Settings } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { Question } from './questions.ts';
import { type PendingRelease, type WaitWithin, waitWithin } from './scope.ts';
import type { Actor } from './actor.ts';
import { Counters } from './stats.ts';
import { SharedValidator } from './validator.ts';
import type { ResponsePort } from './wire/port.ts';
import { KEEP_ALIVE } from './wire/sse.ts';

/** What all sessions of one runtime share: its settings, counters, and the one deadline sweep. */
export class Services {
  readonly settings: Settings<unknown>;
  readonly events = new EventStream();
  readonly counters = new Counters();
  readonly digest = createDigest();
  readonly serverOptions = { jsonSchemaValidator: new SharedValidator() };
  readonly deadLetters: Ring<DeadLetter>;
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
    this.wait = waitWithin(this.releasing, (callback, ms) => {
      const timer = clock.setTimeout(callback, ms);
      return () => clock.clearTimeout(timer);
    });
  }

  /** A principal's name for logs and events. */
  readonly principalKey = (principal: string | undefined): string =>
    principal === undefined ? 'anonymous' : this.digest(principal);
}

function expire(session: Actor): void {
  session.tell({ type: 'deadline.passed' });
}
