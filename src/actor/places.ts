import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Limits } from '../base/limits.ts';
import type { Services } from '../events/services.ts';
import type { Actor, NoPlace } from './actor.ts';
import type { Life, Lifetimes } from './lifetimes.ts';

/** Most idle actors asked to give up their place: an actor that can not now, can a moment later. */
const MAX_LOOKS = 32;

/** Why a reserved place is lost before it has an actor. */
export type Lost = 'handshake-timeout' | 'drained';

/** A place before there is an actor: a socket is open, and its peer has not said `initialize`. */
export interface Reservation {
  /**
   * Turns the reservation into an actor's place. Where that fails, the reservation stays until its
   * holder gives it up.
   */
  use<A extends Actor>(admit: () => A | NoPlace): A | NoPlace;
  giveUp(): void;
}

/** The caps of a runtime: decides who may become an actor, and who makes room. */
export class Places {
  readonly #services: Services;
  readonly #lifetimes: Lifetimes;
  readonly #reserved: DeadlineQueue<Reserved>;
  readonly #perPrincipal = new Map<string, Set<Actor>>();
  /** How many actors hold a place: admitted and not ending. */
  #held = 0;

  constructor(services: Services, lifetimes: Lifetimes) {
    this.#services = services;
    this.#lifetimes = lifetimes;
    const { handshakeTimeoutMs } = services.limits;
    this.#reserved = services.deadlines.queue(handshakeTimeoutMs, (each) =>
      each.lose('handshake-timeout'),
    );
  }

  /** Every place is taken: one more actor needs the place of another. */
  get isFull(): boolean {
    return this.#held >= this.#services.limits.maxSessions;
  }

  /**
   * Looks for a place for one more actor. At the cap the detached idle actor that was used longest
   * ago makes room; work in flight and open streams never do.
   *
   * @returns why there is none
   */
  look(principal: string | undefined): NoPlace | undefined {
    const { limits, counters } = this.#services;
    if (counters.handshakes >= limits.maxHandshakes) return this.#full('maxHandshakes');
    if (principal !== undefined) {
      const own = this.#perPrincipal.get(principal);
      if (own !== undefined && own.size >= limits.maxSessionsPerPrincipal) {
        this.#makeRoom(this.#idleFirst(own));
        if (own.size >= limits.maxSessionsPerPrincipal) {
          return this.#full('maxSessionsPerPrincipal');
        }
      }
    }
    return this.#hasRoom() ? undefined : this.#full('maxSessions');
  }

  /** Counts a new actor, for which a place was looked for before. */
  take(actor: Actor): void {
    this.#hold(actor);
    this.#services.counters.handshakes++;
  }

  /** Gives an actor that slept a place again. @returns why there is none */
  takeBack(actor: Actor): NoPlace | undefined {
    if (!this.#hasRoom()) return this.#full('maxSessions');
    this.#hold(actor);
    if (!actor.isConfirmed) this.#services.counters.handshakes++;
    return undefined;
  }

  /** Frees the place of an actor, if it holds one. */
  leave(actor: Actor): void {
    if (!actor.holdsPlace) return;
    actor.holdsPlace = false;
    this.#held--;
    if (!actor.isConfirmed) this.#services.counters.handshakes--;
    const { principal } = actor;
    if (principal === undefined) return;
    const own = this.#perPrincipal.get(principal);
    own?.delete(actor);
    if (own?.size === 0) this.#perPrincipal.delete(principal);
  }

  /**
   * Reserves an unfinished handshake for a peer that will say `initialize`.
   *
   * @param onLost told when the reservation is lost: its holder then gives it up
   */
  reserve(onLost: (how: Lost) => void): Reservation | NoPlace {
    const { limits, counters } = this.#services;
    if (counters.handshakes >= limits.maxHandshakes) return this.#full('maxHandshakes');
    counters.handshakes++;
    return new Reserved(this.#services, this.#reserved, onLost);
  }

  /** Ends all reservations, because the runtime drains. */
  revoke(): void {
    const reserved = this.#reserved;
    for (let each = reserved.first(); each !== undefined; each = reserved.first()) {
      each.lose('drained');
    }
  }

  #hold(actor: Actor): void {
    actor.holdsPlace = true;
    this.#held++;
    const { principal } = actor;
    if (principal === undefined) return;
    const own = this.#perPrincipal.get(principal);
    if (own === undefined) this.#perPrincipal.set(principal, new Set([actor]));
    else own.add(actor);
  }

  #hasRoom(): boolean {
    if (!this.isFull) return true;
    const { idle, evict } = this.#lifetimes;
    return this.#makeRoom(idle.items()) || this.#makeRoom(evict.items());
  }

  /** Frees one place: that of the first actor asked which can give its place up. */
  #makeRoom(oldestFirst: Iterable<Life>): boolean {
    let looks = 0;
    for (const life of oldestFirst) {
      if (life.holdsPlace && life.yieldPlace()) return true;
      if (++looks === MAX_LOOKS) return false;
    }
    return false;
  }

  /** One principal's idle actors, least recently used first. */
  #idleFirst(own: Set<Actor>): Actor[] {
    const { idle, evict } = this.#lifetimes;
    const since = (actor: Actor): number | undefined => idle.armedAt(actor) ?? evict.armedAt(actor);
    return [...own]
      .filter((actor) => since(actor) !== undefined)
      .toSorted((a, b) => since(a)! - since(b)!);
  }

  #full(limit: keyof Limits): NoPlace {
    this.#services.tripped(limit);
    return 'at-capacity';
  }
}

class Reserved implements Reservation {
  readonly #services: Services;
  readonly #queue: DeadlineQueue<Reserved>;
  readonly #onLost: (how: Lost) => void;
  #isOver = false;

  constructor(services: Services, queue: DeadlineQueue<Reserved>, onLost: (how: Lost) => void) {
    this.#services = services;
    this.#queue = queue;
    this.#onLost = onLost;
    queue.arm(this);
  }

  use<A extends Actor>(admit: () => A | NoPlace): A | NoPlace {
    const { counters } = this.#services;
    this.#queue.disarm(this);
    counters.handshakes--;
    this.#isOver = true;
    let actor: A | NoPlace | undefined;
    try {
      actor = admit();
      return actor;
    } finally {
      if (typeof actor !== 'object') {
        counters.handshakes++;
        this.#isOver = false;
      }
    }
  }

  giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue.disarm(this);
    this.#services.counters.handshakes--;
  }

  lose(how: Lost): void {
    this.#queue.disarm(this);
    this.#onLost(how);
  }
}
