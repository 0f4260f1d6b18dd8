import { FetchPort } from '../adapters/fetchPort.ts';
import type { RuntimeEventName, RuntimeEvents } from '../events.ts';
import { settle } from '../options.ts';
import type { RuntimeStats } from '../stats.ts';
import { type DrainReport, Supervisor } from '../supervisor.ts';
import { header, type RequestHead } from '../wire/headers.ts';
import { OriginRules } from '../wire/origin.ts';
import { checkNames, type HostOptions } from './hostOptions.ts';
import { HostScope } from './hostScope.ts';
import { ScopeActor } from './scopeActor.ts';
import { ScopeRefused } from './scopeRefused.ts';
import { ScopeTokens } from './token.ts';

/** A web request: the web-standard one, or node's. */
export type HostRequest =
  | Request
  | { readonly method?: string | undefined; readonly headers: RequestHead['headers'] };

/** A scope, and what its browser must be told to come back to it. */
export interface Entered<R> {
  readonly scope: HostScope<R>;
  /** Headers for your response: a `Set-Cookie` where the scope is new. */
  readonly headers: readonly (readonly [string, string])[];
}

/** The actors around your application's own MCP clients: one scope per user of it. */
export interface Host<R> {
  /**
   * The scope a request belongs to: by header, then cookie, else a new one.
   *
   * @throws ScopeRefused with the response to give: foreign host or origin (403), an id in the
   * header that is not the caller's (404), no room (503)
   */
  enter(request: HostRequest): Promise<Entered<R>>;
  /** An event stream of the request's own scope and no other. Resumes after `Last-Event-ID`. */
  events(request: Request): Promise<Response>;
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
  stats(): RuntimeStats;
  drain(options: { readonly deadlineMs: number }): Promise<DrainReport>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Keeps one actor per user, tenant or browser session of your application.
 *
 * @throws ActorsError `bad-option`
 */
export function createHost<R>(options: HostOptions<R>): Host<R> {
  const { open, secret, principal, scopeOf, secure = true, sameSite = 'Lax', ...rest } = options;
  const { header: headerName = 'x-mcp-scope', cookie = secure ? '__Host-mcp-scope' : 'mcp-scope' } =
    rest;
  checkNames(headerName, cookie, secure);
  const tokens = new ScopeTokens(typeof secret === 'string' ? [secret] : secret);
  const rules = new OriginRules(options.allowedHosts, options.allowedOrigins);
  // A host serves no sessions: its scopes need the limits, the sweep and the books of a runtime.
  const settings = settle({ ...rest, server: noServer });
  const supervisor = new Supervisor<ScopeActor>(settings);
  const { services } = supervisor;
  const names = new Map<string, ScopeActor>();
  const scopes = new WeakMap<ScopeActor, HostScope<R>>();

  const scopeFor = (actor: ScopeActor): HostScope<R> => {
    let scope = scopes.get(actor);
    if (scope === undefined) scopes.set(actor, (scope = new HostScope<R>(actor)));
    return scope;
  };
  const spawn = (who: string | undefined, onGone?: (actor: ScopeActor) => void): ScopeActor => {
    const actor = supervisor.admit(who, (id) => {
      return new ScopeActor(supervisor, id, who, (self) => open(scopeFor(self)), onGone);
    });
    if (typeof actor === 'string') throw new ScopeRefused(actor);
    return actor;
  };
  /** The scope your application names, of one principal; as a path of keys, never a joined one. */
  const named = (
    who: string | undefined,
    parts: readonly string[],
    make: boolean,
  ): ScopeActor | undefined => {
    // As JSON: ['a:b', 'c'] must never meet ['a', 'b:c'].
    const name = JSON.stringify([who ?? null, parts]);
    const known = names.get(name);
    if ((known !== undefined && known.arrival !== 'refuse') || !make) return known;
    const actor = spawn(who, (gone) => {
      if (names.get(name) === gone) names.delete(name);
    });
    names.set(name, actor);
    return actor;
  };
  const entered = (
    actor: ScopeActor,
    headers: readonly (readonly [string, string])[] = [],
  ): Entered<R> => {
    actor.touch();
    return { scope: scopeFor(actor), headers };
  };

  const find = async (
    head: RequestHead,
    who: string | undefined,
  ): Promise<ScopeActor | undefined> => {
    const presented = header(head, headerName);
    const token = presented ?? cookieOf(header(head, 'cookie'), cookie);
    const id = token === undefined ? undefined : await tokens.verify(token);
    const actor = id === undefined ? undefined : supervisor.find(id, who);
    // A header was chosen by the caller's code, which can handle a refusal; a stale cookie can not.
    if (actor === undefined && presented !== undefined) throw new ScopeRefused('session-not-found');
    return actor;
  };

  const screen = (request: HostRequest): RequestHead => {
    const head = headOf(request);
    if (!rules.allowsHost(head)) throw new ScopeRefused('host-forbidden');
    if (!rules.allowsOrigin(header(head, 'origin'))) throw new ScopeRefused('origin-forbidden');
    return head;
  };

  const enter = async (request: HostRequest): Promise<Entered<R>> => {
    const head = screen(request);
    const who = principal?.(head);
    const parts = scopeOf?.(head);
    const known = parts === undefined ? await find(head, who) : named(who, parts, true);
    if (known !== undefined) return entered(known);
    const actor = spawn(who);
    const attributes = `Path=/; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`;
    const value = `${cookie}=${await tokens.sign(actor.id)}; ${attributes}`;
    return entered(actor, [['Set-Cookie', value]]);
  };

  const events = async (request: Request): Promise<Response> => {
    try {
      const head = screen(request);
      const who = principal?.(head);
      const parts = scopeOf?.(head);
      const actor = parts === undefined ? await find(head, who) : named(who, parts, false);
      if (actor === undefined) throw new ScopeRefused('session-not-found');
      const last = Number(header(head, 'last-event-id') ?? Number.NaN);
      const port = new FetchPort(request.signal, []);
      actor.feed.stream(port, Number.isSafeInteger(last) && last >= 0 ? last : undefined);
      return await port.response;
    } catch (error) {
      if (error instanceof ScopeRefused) return error.toResponse();
      throw error;
    }
  };

  const close = (): Promise<void> => supervisor.close();
  return {
    enter,
    events,
    on: (name, listener) => services.events.on(name, listener),
    stats: () => ({ ...services.counters.copy(), inFlight: supervisor.inFlight }),
    drain: ({ deadlineMs }) => supervisor.drain(deadlineMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function headOf(request: HostRequest): RequestHead {
  const method = request.method ?? 'GET';
  if (!(request instanceof Request)) return { method, headers: request.headers };
  return { method, headers: Object.fromEntries(request.headers), host: new URL(request.url).host };
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  for (const pair of cookies?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

function noServer(): never {
  throw new Error('a host has no server');
}
