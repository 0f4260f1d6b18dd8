import type { AuthInfo } from '../wire/authInfo.ts';
import type { NoPlace } from '../actor/actor.ts';
import { atOnce, type Awaitable, isPromise } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import type { Elsewhere } from '../directory/whereabouts.ts';
import type { OutletPlace, StoredOutlets } from '../session/exchange.ts';
import type { SchemaValidator } from '../session/schemaEngine.ts';
import type { Implementation } from '../wire/implementation.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { RequestHead } from '../wire/headers.ts';
import { isObject } from '../wire/jsonrpc.ts';
import type { SdkTransport } from '../wire/sdkTransport.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { SESSION_REVISIONS, STATELESS_REVISION } from '../wire/versions.ts';
import { attune } from './attune.ts';
import { UNION } from './capabilities.ts';
import type { Meta, ModernEnvelope } from './envelope.ts';
import { Home, type HomeShare, type ServerSaid } from './home.ts';
import { HomeIds } from './homeIds.ts';
import type { Directory } from '../directory/directory.ts';
import type { ModernSettings } from './options.ts';
import { Inquiry, inside } from './inquiry.ts';
import { nativeTransport } from './nativeServer.ts';
import { nativeOptions } from './nativeOptions.ts';
import { type Scope, SCOPES } from './options.ts';

/** Who asks, and for what. */
export interface Visitor {
  readonly principal: string | undefined;
  readonly authInfo: AuthInfo | undefined;
  readonly head: RequestHead;
  readonly meta: Meta;
  readonly envelope: ModernEnvelope;
  /** The session that a tool call names in its argument; `undefined` where it names none. */
  readonly named: unknown;
}

/** Where a request belongs, or why it belongs nowhere. */
export type Located = Home | Elsewhere | RefusalCode;

const UNKNOWN: Implementation = { name: 'unknown', version: '0' };

/** What finding and opening homes needs of the stateless revision. */
export interface HomesShare extends HomeShare {
  readonly settings: ModernSettings;
  readonly directory: Directory;
  /** A home's server has said what it is. */
  greeted(home: Home): void;
}

/** Makes the outlets of sessions of one scope. */
class HomeOutlets implements StoredOutlets<SessionActor> {
  readonly carrier = 'http';
  readonly revision = STATELESS_REVISION;
  readonly serverOptions: object;
  readonly hasId: boolean;
  readonly home: Scope;
  readonly maxInFlight?: number;
  readonly #share: HomesShare;

  constructor(scope: Scope, share: HomesShare) {
    this.home = scope;
    this.hasId = scope !== 'request';
    this.#share = share;
    this.serverOptions = nativeOptions(share.settings.cache);
    if (scope === 'shared') this.maxInFlight = share.settings.limits.maxSharedInFlight;
  }

  open(session: SessionActor, _from?: OutletPlace): Home {
    return new Home(session, this.home, this.#share);
  }

  attune(
    { world }: SessionActor,
    server: object,
    transport: SdkTransport,
  ): Awaitable<SdkTransport> {
    const { parkMs } = this.#share.settings.limits;
    attune(server, parkMs);
    const validator = (): SchemaValidator => world.serverOptions.jsonSchemaValidator;
    return nativeTransport(server, transport, { parkMs, validator });
  }

  greeted(session: SessionActor, result: Readonly<Record<string, unknown>>): void {
    const home = homeOf(session);
    home.greeted(saidOf(result));
    this.#share.greeted(home);
  }

  depart(): void {}
}

/** The homes of the stateless revision: sessions that no client named, by whose they are. */
export class Homes {
  readonly #share: HomesShare;
  readonly #outlets: Readonly<Record<Scope, HomeOutlets>>;
  readonly #ids = new HomeIds();

  constructor(share: HomesShare) {
    this.#share = share;
    const outlets = SCOPES.map((scope) => [scope, new HomeOutlets(scope, share)]);
    this.#outlets = Object.fromEntries(outlets) as Record<Scope, HomeOutlets>;
  }

  /** Outlets of a home that comes back from its record. */
  outletsOf(home: string): HomeOutlets {
    return this.#outlets[home as Scope] ?? this.#outlets.request;
  }

  /** The scope of a visitor's requests. @throws whatever the user's function throws */
  scopeOf(visitor: Visitor): { readonly scope: Scope; readonly name: string | undefined } {
    const { principal, authInfo, meta, head } = visitor;
    const { anonymous, scope } = this.#share.settings;
    if (typeof scope === 'function') {
      const name = atOnce(
        'modern.scope',
        scope({ principal, authInfo, meta, headers: head.headers }),
      );
      if (name === undefined) return { scope: 'request', name };
      if (typeof name === 'string') return { scope: 'function', name };
      throw new ActorsError('bad-option', 'modern.scope must return a string or undefined');
    }
    // Anonymous callers have nothing in common but that nobody knows them.
    const isKnown = principal !== undefined;
    if (scope === 'auto') return { scope: isKnown ? 'principal' : anonymous, name: undefined };
    return { scope: scope === 'principal' && !isKnown ? 'request' : scope, name: undefined };
  }

  /** Finds or opens the home that a request belongs to. */
  locate(visitor: Visitor): Awaitable<Located> {
    const { principal, named } = visitor;
    const { scope, name } = this.scopeOf(visitor);
    if (scope === 'argument' && named !== undefined) return this.#named(named, principal);
    if (scope === 'request' || scope === 'argument') return this.#open(visitor, scope);
    const id = this.#ids.of(scope, scope === 'shared' ? undefined : principal, name);
    return this.#find(visitor, scope, id);
  }

  /** Opens a home with the `initialize` of its first visitor, whom nobody waits for to confirm. */
  #open(visitor: Visitor, scope: Scope, id?: string): Home | NoPlace {
    const { directory } = this.#share;
    const principal = scope === 'shared' ? undefined : visitor.principal;
    const session = directory.openHome(principal, this.#outlets[scope], id);
    if (typeof session === 'string') return session;
    const home = homeOf(session);
    if (scope === 'argument') home.isFleeting = true;
    const params = {
      protocolVersion: SESSION_REVISIONS[0],
      capabilities: UNION,
      clientInfo: visitor.envelope.clientInfo ?? UNKNOWN,
    };
    const first = {
      jsonrpc: '2.0',
      id: this.#share.nextId(),
      method: 'initialize',
      params,
    } as const;
    session.start(inside(first, new Inquiry(first.id, () => {})));
    session.accept(inside({ jsonrpc: '2.0', method: 'notifications/initialized' }));
    return home;
  }

  /** The home of an id that its visitors do not know, opened anew where it is over. */
  #find(visitor: Visitor, scope: Scope, id: string): Awaitable<Located> {
    const { directory } = this.#share;
    const principal = scope === 'shared' ? undefined : visitor.principal;
    const resident = directory.resident(id);
    if (resident?.arrival === 'refuse') return this.#after(resident, visitor, scope, id);
    // What ended here must have left the store before the same id begins anew.
    if (resident === undefined && directory.keeper.isRemoving(id)) {
      return this.#removed(visitor, scope, id);
    }
    const where = directory.findAny(id, principal);
    const go = (found: Awaited<typeof where>): Awaitable<Located> => {
      if (found.at === 'here') {
        return found.arrival === 'refuse' || found.isDismissed
          ? this.#find(visitor, scope, id)
          : homeOf(found);
      }
      if (found.at === 'elsewhere') return found;
      if (found.refusal !== 'session-not-found') return found.refusal;
      // Another visitor may have opened it meanwhile.
      const now = directory.resident(id);
      return now === undefined ? this.#open(visitor, scope, id) : this.#find(visitor, scope, id);
    };
    const found = isPromise(where) ? where.then(go) : go(where);
    if (directory.members === undefined) return found;
    return isPromise(found)
      ? found.then((each) => this.#settle(each, visitor, scope, id))
      : this.#settle(found, visitor, scope, id);
  }

  /**
   * Several processes may open the home of one principal at once: one of them has it, when its record is
   * stored, which is before its server has said what it is.
   */
  #settle(found: Located, visitor: Visitor, scope: Scope, id: string): Awaitable<Located> {
    if (!(found instanceof Home) || found.said !== undefined) return found;
    return found.saying().then(() => {
      const isLost = found.session.persistence?.isLost === true;
      return isLost ? this.#find(visitor, scope, id) : found;
    });
  }

  async #after(ending: SessionActor, visitor: Visitor, scope: Scope, id: string): Promise<Located> {
    if (!this.#share.directory.supervisor.isAdmitting) return 'draining';
    await ending.reached('ended');
    return this.#find(visitor, scope, id);
  }

  async #removed(visitor: Visitor, scope: Scope, id: string): Promise<Located> {
    const isForgotten = await this.#share.directory.keeper.forgotten([id]);
    return isForgotten ? this.#find(visitor, scope, id) : 'store-unavailable';
  }

  /** The home that a tool call names: its own principal's, and of this scope. */
  #named(id: unknown, principal: string | undefined): Awaitable<Located> {
    if (typeof id !== 'string') return 'session-not-found';
    const where = this.#share.directory.findAny(id, principal);
    const go = (found: Awaited<typeof where>): Located => {
      if (found.at === 'nowhere') return found.refusal;
      if (found.at === 'elsewhere') return found;
      return found.home === 'argument' ? homeOf(found) : 'session-not-found';
    };
    return isPromise(where) ? where.then(go) : go(where);
  }
}

/** The home of a session that no client named. */
export function homeOf({ outlet }: SessionActor): Home {
  if (!(outlet instanceof Home)) throw new TypeError('a session that no client named has a home');
  return outlet;
}

function saidOf(result: Readonly<Record<string, unknown>>): ServerSaid {
  const { capabilities, serverInfo, instructions } = result;
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(serverInfo) ? (serverInfo as Implementation) : undefined,
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}
