import type { Limits } from '../base/limits.ts';
import type { Services } from '../events/services.ts';
import type { Actor, NoPlace } from './actor.ts';
import type { Life, Lifetimes } from './lifetimes.ts';
import { PendingTable } from './pendingTable.ts';

/** Most idle actors asked to give up their place: an actor that can not now, can a moment later. */
const MAX_LOOKS = 32;

/** The caps of a runtime: decides who may become an actor, and who makes room. */
export class Places {
  readonly #services: Services;
  readonly #lifetimes: Lifetimes;
  readonly #handshakes: PendingTable;
  readonly #perPrincipal = new Map<string, Set<Actor>>();
  /** How many actors hold a place: admitted and not ending. */
  #held = 0;

  constructor(services: Services, lifetimes: Lifetimes) {
    this.#services = services;
    this.#lifetimes = lifetimes;
    this.#handshakes = new PendingTable(services, {
      max: 'maxHandshakes',
      perPrincipal: 'maxHandshakesPerPrincipal',
      counter: 'handshakes',
    });
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
    const { limits } = this.#services;
    if (this.#handshakes.isShareUsed(principal)) return this.#full('maxHandshakesPerPrincipal');
    if (principal !== undefined) {
      const own = this.#perPrincipal.get(principal);
      if (own !== undefined && own.size >= limits.maxSessionsPerPrincipal) {
        this.#makeRoom(this.#idleFirst(own));
        if (own.size >= limits.maxSessionsPerPrincipal) {
          return this.#full('maxSessionsPerPrincipal');
        }
      }
    }
    // A handshake that gives way leaves its place as well: none gives way in vain.
    if (!this.#handshakes.makeRoom(principal)) return this.#full('maxHandshakes');
    return this.#hasRoom() ? undefined : this.#full('maxSessions');
  }

  /** Counts a new actor, for which a place was looked for before. */
  take(actor: Actor): void {
    this.#hold(actor);
    if (!actor.isConfirmed) this.#handshakes.add(actor);
  }

  /** The handshake of an actor is complete. */
  confirmed(actor: Actor): void {
    this.#handshakes.delete(actor);
  }

  /** Gives an actor that slept a place again. @returns why there is none */
  takeBack(actor: Actor): NoPlace | undefined {
    if (!this.#hasRoom()) return this.#full('maxSessions');
    this.#hold(actor);
    if (!actor.isConfirmed) this.#handshakes.add(actor);
    return undefined;
  }

  /** Frees the place of an actor, if it holds one. */
  leave(actor: Actor): void {
    if (!actor.holdsPlace) return;
    actor.holdsPlace = false;
    this.#held--;
    this.#handshakes.delete(actor);
    const { principal } = actor;
    if (principal === undefined) return;
    const own = this.#perPrincipal.get(principal);
    own?.delete(actor);
    if (own?.size === 0) this.#perPrincipal.delete(principal);
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
