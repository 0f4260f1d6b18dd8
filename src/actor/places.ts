import type { Limits } from '../base/limits.ts';
import { Ranking } from '../base/ranking.ts';
import type { Services } from '../events/services.ts';
import type { Actor, NoPlace } from './actor.ts';
import type { Life } from './lifetimes.ts';
import { PendingTable } from './pendingTable.ts';
import type { PrincipalAccount } from './principalAccount.ts';

/** Most idle actors asked to give up their place: an actor that can not now, can a moment later. */
const MAX_LOOKS = 32;

/** The caps of a runtime: decides who may become an actor, and who makes room. */
export class Places {
  readonly #services: Services;
  readonly #maxAnonymous: number;
  readonly #handshakes: PendingTable;
  /**
   * The accounts with an actor that can give up its place: whoever has most places comes first, and
   * of those with as many, whose actor has been idle longest.
   */
  readonly #offering = new Ranking<PrincipalAccount>((a, b) =>
    a.places === b.places ? restOf(a) < restOf(b) : a.places > b.places,
  );
  /** How many actors hold a place: admitted and not ending. */
  #held = 0;
  #rests = 0;

  /** @param maxAnonymous how many places all anonymous callers together have, as one principal has its own */
  constructor(services: Services, maxAnonymous = Infinity) {
    this.#services = services;
    this.#maxAnonymous = maxAnonymous;
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
   * Looks for a place for one more actor. At a cap, an idle actor of whoever has most makes room:
   * the one used longest ago. Work in flight and open streams never do.
   *
   * @returns why there is none
   */
  look(account: PrincipalAccount): NoPlace | undefined {
    const { principal } = account;
    if (this.#handshakes.isShareUsed(principal))
      return this.#full('maxHandshakesPerPrincipal', principal);
    const none = this.#lookForShare(account);
    if (none !== undefined) return none;
    // A handshake that gives way leaves its place as well: none gives way in vain.
    if (!this.#handshakes.makeRoom(principal)) return this.#full('maxHandshakes');
    return this.#hasRoom(account) ? undefined : this.#full('maxSessions');
  }

  /** The same for an actor with which nobody shakes hands. @returns why there is no place */
  find(account: PrincipalAccount): NoPlace | undefined {
    const none = this.#lookForShare(account);
    if (none !== undefined) return none;
    return this.#hasRoom(account) ? undefined : this.#full('maxSessions');
  }

  /** Counts a new actor, for which a place was looked for before. */
  take(actor: Actor): void {
    this.hold(actor);
    if (!actor.isConfirmed) this.#handshakes.add(actor);
  }

  /** The same, for an actor with which nobody shakes hands. */
  hold(actor: Actor): void {
    const { principalAccount: account } = actor;
    actor.holdsPlace = true;
    this.#held++;
    account.places++;
    this.#rank(account);
  }

  /** The handshake of an actor is complete. */
  confirmed(actor: Actor): void {
    this.#handshakes.delete(actor);
  }

  /** Gives an actor that slept a place again. @returns why there is none */
  takeBack(actor: Actor): NoPlace | undefined {
    const none = this.find(actor.principalAccount);
    if (none === undefined) this.take(actor);
    return none;
  }

  /** Frees the place of an actor, if it holds one. */
  leave(actor: Actor): void {
    if (!actor.holdsPlace) return;
    const { principalAccount: account } = actor;
    actor.holdsPlace = false;
    this.#held--;
    account.places--;
    account.withdraw(actor);
    this.#rank(account);
    this.#handshakes.delete(actor);
  }

  /** An idle actor can give up its place from here on. */
  offer(actor: Actor): void {
    if (!actor.holdsPlace) return;
    actor.rest = ++this.#rests;
    actor.principalAccount.offer(actor);
    this.#rank(actor.principalAccount);
  }

  /** An actor is in use, or ends: it gives up its place for nobody. */
  withdraw(actor: Actor): void {
    const { principalAccount: account } = actor;
    account.withdraw(actor);
    this.#rank(account);
  }

  #rank(account: PrincipalAccount): void {
    if (account.first === null) this.#offering.delete(account);
    else this.#offering.put(account);
  }

  /** Looks whether a principal has a place left of its own, if need be that of its own idle actor. */
  #lookForShare(account: PrincipalAccount): NoPlace | undefined {
    const { principal } = account;
    const isAnonymous = principal === undefined;
    const max = isAnonymous ? this.#maxAnonymous : this.#services.limits.maxSessionsPerPrincipal;
    for (let looks = 0; account.places >= max && looks < MAX_LOOKS; looks++) {
      const { first } = account;
      if (first === null) break;
      first.yieldPlace();
    }
    if (account.places < max) return undefined;
    return this.#full(isAnonymous ? 'maxAnonymous' : 'maxSessionsPerPrincipal', principal);
  }

  #hasRoom(account: PrincipalAccount): boolean {
    for (let looks = 0; this.isFull && looks < MAX_LOOKS; looks++) {
      const first = this.#yielding(account);
      if (first === null) return false;
      first.yieldPlace();
    }
    return !this.isFull;
  }

  /** Whose place is to be free for one more actor of an account. */
  #yielding(account: PrincipalAccount): Life | null {
    const most = this.#offering.first();
    if (most === undefined) return null;
    const { first } = most;
    if (most.places > account.places) return first;
    // Nobody's session ends for whoever has as many. One that can sleep loses nothing.
    const own = account.first;
    return own?.canSleep === true || first?.canSleep !== true ? own : first;
  }

  /** @param whose the principal whose own part is used */
  #full(limit: keyof Limits | 'maxAnonymous', whose?: string): NoPlace {
    this.#services.tripped(limit);
    return whose === undefined ? 'at-capacity' : 'quota-reached';
  }
}

/** When the first actor of an account that can give up its place came to rest. */
function restOf({ first }: PrincipalAccount): number {
  return first?.rest ?? Infinity;
}
