import { BoundedMap } from '../base/boundedMap.ts';
import { CallRate } from '../base/callRate.ts';
import type { Limits } from '../base/limits.ts';
import { Chain } from '../base/chain.ts';
import type { Life } from './lifetimes.ts';

/** What one principal holds of a runtime; the anonymous callers hold together. */
export class PrincipalAccount {
  readonly principal: string | undefined;
  /** How many actors of the principal are in this process, ending ones included. */
  residents = 0;
  /** How many of them hold a place. */
  places = 0;
  /** Requests in flight and notifications that wait, of all sessions of the principal. */
  work = 0;
  /** How much work the principal may have; `Infinity` where nothing bounds the work. */
  readonly maxWork: number;
  /** How many calls the principal may make; `null` where nothing bounds them. */
  readonly rate: CallRate | null;
  /**
   * Those that can give up their place, the least recently used first: the ones that may still
   * sleep, and the ones that can not. Made on first use.
   */
  #warm: Chain<Life> | null = null;
  #pinned: Chain<Life> | null = null;

  constructor(principal: string | undefined, maxWork: number, rate: CallRate | null) {
    this.principal = principal;
    this.rate = rate;
    this.maxWork = maxWork;
  }

  /** An actor of the principal is at rest, and can give up its place. */
  offer(life: Life): void {
    this.withdraw(life);
    const chain = life.isWarm ? (this.#warm ??= new Chain()) : (this.#pinned ??= new Chain());
    chain.add(life);
  }

  withdraw(life: Life): void {
    this.#warm?.delete(life);
    this.#pinned?.delete(life);
  }

  /** The actor that is the first to give up its place. */
  get first(): Life | null {
    return this.#warm?.first ?? this.#pinned?.first ?? null;
  }
}

/** The accounts of all principals that have an actor in this process. */
export class PrincipalAccounts {
  readonly #named = new Map<string, PrincipalAccount>();
  readonly #anonymous = new PrincipalAccount(undefined, Infinity, null);
  readonly #limits: Limits;
  /** Rates of principals that left: whoever begins anew owes what was owed. */
  readonly #rates: BoundedMap<string, CallRate>;

  /** @param limits of each principal; those of anonymous callers are not bounded */
  constructor(limits: Limits) {
    this.#limits = limits;
    this.#rates = new BoundedMap(limits.maxSessions);
  }

  /** The account of a principal: kept once it is joined. */
  of(principal: string | undefined): PrincipalAccount {
    if (principal === undefined) return this.#anonymous;
    return this.#named.get(principal) ?? this.#open(principal);
  }

  #open(principal: string): PrincipalAccount {
    const { maxCallsPerMinutePerPrincipal: perMinute, maxInFlightPerPrincipal } = this.#limits;
    const rate =
      perMinute === Infinity ? null : (this.#rates.get(principal) ?? new CallRate(perMinute));
    return new PrincipalAccount(principal, maxInFlightPerPrincipal, rate);
  }

  /** One more actor of the account is in this process. */
  join(account: PrincipalAccount): void {
    const { principal } = account;
    if (account.residents++ === 0 && principal !== undefined) this.#named.set(principal, account);
  }

  /** An actor of the account has left this process. */
  leave(account: PrincipalAccount): void {
    const { principal } = account;
    if (--account.residents > 0 || principal === undefined) return;
    if (account.rate !== null) this.#rates.set(principal, account.rate);
    if (this.#named.get(principal) === account) this.#named.delete(principal);
  }
}
