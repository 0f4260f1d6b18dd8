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
  /**
   * Those that can give up their place, the least recently used first: the ones that may still
   * sleep, and the ones that can not. Made on first use.
   */
  #warm: Chain<Life> | null = null;
  #pinned: Chain<Life> | null = null;

  constructor(principal: string | undefined, maxWork: number) {
    this.principal = principal;
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
  readonly #anonymous = new PrincipalAccount(undefined, Infinity);
  readonly #maxWork: number;

  /** @param maxWork of each principal; that of anonymous callers is not bounded */
  constructor(maxWork: number) {
    this.#maxWork = maxWork;
  }

  /** The account of a principal: kept once it is joined. */
  of(principal: string | undefined): PrincipalAccount {
    if (principal === undefined) return this.#anonymous;
    return this.#named.get(principal) ?? new PrincipalAccount(principal, this.#maxWork);
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
    if (this.#named.get(principal) === account) this.#named.delete(principal);
  }
}
