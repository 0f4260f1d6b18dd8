import type { DeadlineQueue } from '../base/deadlines.ts';
import { type WaitWithin, waitWithin } from '../base/scope.ts';
import { timerFor, timerOf } from '../base/within.ts';
import type { Services } from '../events/services.ts';

/** An actor, as its deadlines use it. */
export interface Life {
  /** The actor counts against the caps. */
  readonly holdsPlace: boolean;
  tell(event: { type: 'deadline.passed' }): void;
  crash(error: unknown): void;
  checkQuiet(): void;
  /** Gives up the actor's place where that harms nobody; `false` where the place is kept. */
  yieldPlace(): boolean;
}

/** The deadlines that every kind of actor has: one queue each, all in the runtime's one sweep. */
export class Lifetimes {
  /** Actors whose handshake is not finished. */
  readonly handshake: DeadlineQueue<Life>;
  readonly quiet: DeadlineQueue<Life>;
  /** Detached idle actors, least recently used first: capacity looks here as well. */
  readonly idle: DeadlineQueue<Life>;
  /** Detached idle actors that sleep or can not sleep, least recently used first. */
  readonly evict: DeadlineQueue<Life>;
  readonly closing: DeadlineQueue<Life>;
  /** Waits for a release, within `closeTimeoutMs` or a deadline of the release's own. */
  readonly wait: WaitWithin;

  constructor({ clock, deadlines, limits }: Services) {
    this.handshake = deadlines.queue(limits.handshakeTimeoutMs, expire);
    this.quiet = deadlines.queue(limits.quietMs, checkQuiet);
    this.idle = deadlines.queue(limits.idleTimeoutMs, expire);
    this.evict = deadlines.queue(limits.evictAfterMs, expire);
    this.closing = deadlines.queue(limits.closeTimeoutMs, expire);
    const releasing = deadlines.queue<() => void>(limits.closeTimeoutMs, (tooLong) => tooLong());
    this.wait = waitWithin(timerOf(releasing), (ms) => timerFor(clock, ms));
  }
}

function expire(life: Life): void {
  life.tell({ type: 'deadline.passed' });
}

function checkQuiet(life: Life): void {
  try {
    life.checkQuiet();
  } catch (error) {
    life.crash(error);
  }
}
