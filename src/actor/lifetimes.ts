import type { Chained } from '../base/chain.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import type { WaitWithin } from '../base/resource.ts';
import { waitWithin } from '../base/scope.ts';
import { timerFor, timerOf } from '../base/within.ts';
import type { Services } from '../events/services.ts';

/** An actor, as its deadlines use it. */
export interface Life extends Chained<Life> {
  /** Numbers the times that actors came to rest: the lowest is the least recently used. */
  readonly rest: number;
  /** The actor is idle and may still sleep. */
  readonly isWarm: boolean;
  /** The actor can sleep at once, and loses nothing by it. */
  readonly canSleep: boolean;
  tell(event: { type: 'deadline.passed' }): void;
  crash(error: unknown): void;
  checkQuiet(): void;
  /** Gives up the actor's place: at once, or when the actor's record is stored. */
  yieldPlace(): void;
  /** The actor was unused for so long that it may make room, though its client has a stream open. */
  spare(): void;
  /** The actor was unused for far too long, though its client has a stream open. */
  overstay(): void;
}

/** The deadlines that every kind of actor has: one queue each, all in the runtime's one sweep. */
export class Lifetimes {
  /** Actors whose handshake is not finished. */
  readonly handshake: DeadlineQueue<Life>;
  readonly quiet: DeadlineQueue<Life>;
  /** Idle actors with their server. */
  readonly idle: DeadlineQueue<Life>;
  /** Detached idle actors that sleep or can not sleep. */
  readonly evict: DeadlineQueue<Life>;
  /** Attached idle actors that keep their server, until they may make room for others. */
  readonly spared: DeadlineQueue<Life>;
  /** Attached idle actors that keep their server: no `idle` and no `evict` ends those. */
  readonly attached: DeadlineQueue<Life>;
  readonly closing: DeadlineQueue<Life>;
  /** Waits for a release, within `closeTimeoutMs` or a deadline of the release's own. */
  readonly wait: WaitWithin;
  readonly #isOld: (since: number) => boolean;

  constructor({ clock, deadlines, limits }: Services) {
    this.handshake = deadlines.queue(limits.handshakeTimeoutMs, expire);
    this.quiet = deadlines.queue(limits.quietMs, checkQuiet);
    this.idle = deadlines.queue(limits.idleTimeoutMs, expire);
    this.evict = deadlines.queue(limits.evictAfterMs, expire);
    this.spared = deadlines.queue(limits.evictAfterMs, (life) => life.spare());
    this.attached = deadlines.queue(limits.evictAttachedAfterMs, (life) => life.overstay());
    this.closing = deadlines.queue(limits.closeTimeoutMs, expire);
    const releasing = deadlines.queue<() => void>(limits.closeTimeoutMs, (tooLong) => tooLong());
    this.wait = waitWithin(timerOf(releasing), (ms) => timerFor(clock, ms));
    this.#isOld = (since) => clock.now() - since >= limits.evictAfterMs;
  }

  /**
   * Starts the deadlines of an attached idle actor that keeps its server. They count from when the
   * actor became idle: streams that come and go are no use of the actor.
   */
  attend(life: Life): void {
    if (this.attached.armedAt(life) !== undefined) return;
    this.spared.arm(life);
    this.attached.arm(life);
  }

  /** The actor is in use, asleep or over: the next time begins anew. */
  leave(life: Life): void {
    this.spared.disarm(life);
    this.attached.disarm(life);
  }

  /** An attended actor was unused for so long that a detached one would have ended. */
  isSpare(life: Life): boolean {
    const since = this.attached.armedAt(life);
    return since !== undefined && this.#isOld(since);
  }

  /** Stops the deadlines of the state that an actor leaves. */
  disarm(life: Life): void {
    this.quiet.disarm(life);
    this.evict.disarm(life);
    this.idle.disarm(life);
    this.closing.disarm(life);
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
