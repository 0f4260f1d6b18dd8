import { ActorsError } from '../base/errors.ts';
import { count } from '../events/counters.ts';
import type { Supervisor } from '../actor/supervisor.ts';
import { header, hostOf, type RequestHead } from '../wire/headers.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { CallerInfo, Entered } from './host.ts';
import type { HostSettings } from './hostOptions.ts';
import type { HostServices } from './hostServices.ts';
import { cookiesOf, headOf, type HostRequest } from './request.ts';
import { ScopeActor } from './scopeActor.ts';
import { ScopeRefused } from './scopeRefused.ts';
import { ScopeTokens } from './token.ts';

/**
 * Decides which scope a request belongs to. No other place does: nothing a client sends is believed
 * before its signature and its principal are checked.
 */
export class Admission {
  readonly #supervisor: Supervisor<ScopeActor>;
  readonly #shared: HostServices;
  readonly #settings: HostSettings;
  readonly #tokens: ScopeTokens;
  /** Scopes by the name the application gives them, per principal. */
  readonly #named = new Map<string, ScopeActor>();

  constructor(supervisor: Supervisor<ScopeActor>, shared: HostServices, settings: HostSettings) {
    this.#supervisor = supervisor;
    this.#shared = shared;
    this.#settings = settings;
    this.#tokens = new ScopeTokens(settings.secrets);
  }

  /** @throws ScopeRefused */
  async enter(
    request: HostRequest,
    known: CallerInfo | undefined,
  ): Promise<Omit<Entered<unknown>, 'scope'> & { readonly actor: ScopeActor }> {
    const { head, principal, name } = await this.#receive(request, known);
    if (name !== undefined) {
      const present = this.#find(name);
      present?.touch();
      const actor = present ?? this.#make(principal, name);
      return { actor, isNew: present === undefined, headers: [], token: undefined };
    }
    const found = await this.#presented(head, principal);
    if (found !== undefined) {
      const { actor, token, isOutdated } = found;
      actor.touch();
      return { actor, isNew: false, headers: isOutdated ? this.#cookie(token) : [], token };
    }
    const actor = this.#make(principal);
    const token = await this.#tokens.sign(actor.id);
    return { actor, isNew: true, headers: this.#cookie(token), token };
  }

  /** @throws ScopeRefused */
  async find(request: HostRequest, known: CallerInfo | undefined): Promise<ScopeActor> {
    const { head, principal, name } = await this.#receive(request, known);
    const actor =
      name === undefined ? (await this.#presented(head, principal))?.actor : this.#find(name);
    if (actor === undefined) throw this.refused('session-not-found');
    actor.touch();
    return actor;
  }

  /** Makes the refusal of a request, and counts it. */
  refused(code: RefusalCode): ScopeRefused {
    count(this.#supervisor.services.counters.refusals, code);
    return new ScopeRefused(code);
  }

  /** The caller of a request, with the name of its scope where `scopeOf` gives one. */
  async #receive(request: HostRequest, known: CallerInfo | undefined) {
    const head = headOf(request);
    const { principal: principalOf, rules, scopeOf } = this.#settings;
    if (!rules.allowsHost(hostOf(head))) throw this.refused('host-forbidden');
    if (!rules.allowsOrigin(header(head, 'origin'))) throw this.refused('origin-forbidden');
    const isTold = known !== undefined && 'principal' in known;
    const principal = isTold ? known.principal : await principalOf?.(head);
    if (principal === '') throw this.refused('principal-missing');
    const parts = await scopeOf?.(head, principal);
    return { head, principal, name: parts && nameOf(principal, parts) };
  }

  /** Finds the scope of a name; a scope that is ending is not found. */
  #find(name: string): ScopeActor | undefined {
    const actor = this.#named.get(name);
    return actor?.arrival === 'refuse' ? undefined : actor;
  }

  /** Finds the scope whose id a request carries: by the header, then by the cookie. */
  async #presented(head: RequestHead, principal: string | undefined) {
    const { header: headerName, cookie } = this.#settings;
    const presented = header(head, headerName);
    if (presented !== undefined) {
      const found = await this.#lookUp(presented, principal);
      // Code of the caller chose the header and can handle a refusal; nobody chose a cookie.
      if (found === undefined) throw this.refused('session-not-found');
      return { ...found, isOutdated: false };
    }
    // Another host of the domain can have set a cookie of this name: its cookie must not hide ours.
    for (const value of cookiesOf(header(head, 'cookie'), cookie.name)) {
      const found = await this.#lookUp(value, principal);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Finds the scope of a signed id; `isOutdated` where the cookie is to be signed anew. */
  async #lookUp(token: string, principal: string | undefined) {
    const verified = await this.#tokens.verify(token);
    if (verified === undefined) return undefined;
    const { id, isCurrent } = verified;
    // Signed before the scope is looked up: the scope must not end between the look-up and its use.
    const current = isCurrent ? token : await this.#tokens.sign(id);
    const actor = this.#supervisor.resident(id);
    const isOwn = actor?.principal === principal && actor?.arrival !== 'refuse';
    return actor !== undefined && isOwn
      ? { actor, token: current, isOutdated: !isCurrent }
      : undefined;
  }

  #make(principal: string | undefined, name?: string): ScopeActor {
    const supervisor = this.#supervisor;
    const actor = supervisor.admit(principal, (id) => {
      const onGone = (gone: ScopeActor): void => {
        // The name may have a new scope by now.
        if (name !== undefined && this.#named.get(name) === gone) this.#named.delete(name);
      };
      return new ScopeActor(supervisor, this.#shared, id, principal, onGone);
    });
    if (typeof actor === 'string') throw this.refused(actor);
    if (name !== undefined) this.#named.set(name, actor);
    actor.start();
    return actor;
  }

  #cookie(token: string): [string, string][] {
    const { name, attributes } = this.#settings.cookie;
    // A shared cache that kept this answer would give one user's scope to the next user.
    return [
      ['Set-Cookie', `${name}=${token}; ${attributes}`],
      ['Cache-Control', 'no-store'],
    ];
  }
}

/**
 * Makes one key of a principal and the parts of a scope's name.
 *
 * @throws ActorsError `bad-option` for a name with anything but strings in it
 */
function nameOf(principal: string | undefined, parts: readonly string[]): string {
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) {
    throw new ActorsError('bad-option', 'scopeOf must return an array of strings');
  }
  // As JSON and never joined: ['a:b', 'c'] must not meet ['a', 'b:c'], nor the principal 'null' a
  // caller without principal.
  return JSON.stringify([principal ?? null, parts]);
}
