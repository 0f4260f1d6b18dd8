import { count } from '../events/counters.ts';
import type { Supervisor } from '../actor/supervisor.ts';
import { header, hostOf, type RequestHead } from '../wire/headers.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { CallerInfo, Entered } from './host.ts';
import type { HostOptions, HostSettings } from './hostOptions.ts';
import type { HostServices } from './hostServices.ts';
import { nameOf, NamedScopes } from './namedScopes.ts';
import { cookiesOf, headOf, type HostRequest } from './request.ts';
import { ScopeActor } from './scopeActor.ts';
import { ScopeRefused } from './scopeRefused.ts';
import { ScopeTokens } from './token.ts';

/** A scope a request brought the id of. */
interface Found {
  readonly actor: ScopeActor;
  readonly token: string;
  /** The cookie is to be signed anew. */
  readonly isOutdated: boolean;
}

/** Who asks, and under which name, if it has one. */
interface Caller {
  readonly head: RequestHead;
  readonly principal: string | undefined;
  readonly name: string | undefined;
}

/**
 * Which scope a request belongs to. The one place that decides it: nothing a client sends is
 * believed before its signature and its principal are.
 */
export class Admission {
  readonly #supervisor: Supervisor<ScopeActor>;
  readonly #shared: HostServices;
  readonly #settings: HostSettings;
  readonly #options: Pick<HostOptions<unknown>, 'principal' | 'scopeOf'>;
  readonly #tokens: ScopeTokens;
  readonly #named = new NamedScopes();

  constructor(
    supervisor: Supervisor<ScopeActor>,
    shared: HostServices,
    settings: HostSettings,
    options: Pick<HostOptions<unknown>, 'principal' | 'scopeOf'>,
  ) {
    this.#supervisor = supervisor;
    this.#shared = shared;
    this.#settings = settings;
    this.#options = options;
    this.#tokens = new ScopeTokens(settings.secrets);
  }

  /** @throws ScopeRefused */
  async enter(
    request: HostRequest,
    known: CallerInfo | undefined,
  ): Promise<Omit<Entered<unknown>, 'scope'> & { readonly actor: ScopeActor }> {
    const { head, principal, name } = await this.#receive(request, known);
    if (name !== undefined) {
      const actor = this.#named.find(name);
      actor?.touch();
      if (actor !== undefined) return { actor, isNew: false, headers: [], token: undefined };
      return { actor: this.#make(principal, name), isNew: true, headers: [], token: undefined };
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
      name === undefined ? (await this.#presented(head, principal))?.actor : this.#named.find(name);
    if (actor === undefined) throw this.refused('session-not-found');
    actor.touch();
    return actor;
  }

  /** A refusal, counted. */
  refused(code: RefusalCode): ScopeRefused {
    count(this.#supervisor.services.counters.refusals, code);
    return new ScopeRefused(code);
  }

  async #receive(request: HostRequest, known: CallerInfo | undefined): Promise<Caller> {
    const head = headOf(request);
    const { rules } = this.#settings;
    if (!rules.allowsHost(hostOf(head))) throw this.refused('host-forbidden');
    if (!rules.allowsOrigin(header(head, 'origin'))) throw this.refused('origin-forbidden');
    const isTold = known !== undefined && 'principal' in known;
    const principal = isTold ? known.principal : await this.#options.principal?.(head);
    if (principal === '') throw this.refused('principal-missing');
    const parts = await this.#options.scopeOf?.(head, principal);
    return { head, principal, name: parts && nameOf(principal, parts) };
  }

  /** By header, then by cookie. */
  async #presented(head: RequestHead, principal: string | undefined): Promise<Found | undefined> {
    const { header: headerName, cookie } = this.#settings;
    const presented = header(head, headerName);
    if (presented !== undefined) {
      const found = await this.#lookUp(presented, principal);
      // A header was chosen by the caller's code, which can handle a refusal; a cookie was not.
      if (found === undefined) throw this.refused('session-not-found');
      return { ...found, isOutdated: false };
    }
    // Another host of the domain can have set one of the same name: it must not hide ours.
    for (const value of cookiesOf(header(head, 'cookie'), cookie.name)) {
      const found = await this.#lookUp(value, principal);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #lookUp(token: string, principal: string | undefined): Promise<Found | undefined> {
    const verified = await this.#tokens.verify(token);
    if (verified === undefined) return undefined;
    const { id, isCurrent } = verified;
    // Signed anew before the scope is looked up: nothing may come between that and its use.
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
        if (name !== undefined) this.#named.forget(name, gone);
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
    // A shared cache that kept this answer would give one user's scope to the next.
    return [
      ['Set-Cookie', `${name}=${token}; ${attributes}`],
      ['Cache-Control', 'no-store'],
    ];
  }
}
