import { BoundedMap } from '../base/boundedMap.ts';
import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { timerFor } from '../base/within.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { SessionArgument } from './argument.ts';
import type { Home, ServerSaid } from './home.ts';
import { Inquiry, inside } from './inquiry.ts';
import { type ParamHeader, paramHeadersOf } from './paramHeaders.ts';
import type { Services } from '../events/services.ts';

/** Most pages of tools that are read of one server. */
const MAX_PAGES = 32;
const METHOD_NOT_FOUND = -32601;
/** Principals of which something is known. */
const MAX_KNOWN = 10_000;

/** What has to be known of a principal's tools before one is called. */
export interface Tools {
  /** The headers that the callers of a tool send, by the tool's name. */
  readonly headers: ReadonlyMap<string, readonly ParamHeader[]>;
  /** How calls name their session. */
  readonly argument: SessionArgument;
}

/** What the servers of one principal are known to be: lists may vary by whose they are. */
interface Known {
  said: ServerSaid | undefined;
  tools: Tools | Promise<Tools | undefined> | undefined;
}

/** What is needed to ask a server what it is. */
export interface KnownServersShare {
  readonly services: Services;
  readonly settings: { readonly argument: string };
  /** An id for a message inside homes. */
  nextId(): number;
}

/**
 * What is known of the servers of each principal, so that a fresh home need not be asked: what they
 * say of themselves, and which headers their tools declare.
 */
export class KnownServers {
  readonly #share: KnownServersShare;
  readonly #known = new BoundedMap<string | undefined, Known>(MAX_KNOWN);

  constructor(share: KnownServersShare) {
    this.#share = share;
  }

  said(principal: string | undefined): ServerSaid | undefined {
    return this.#known.get(principal)?.said;
  }

  greeted(principal: string | undefined, said: ServerSaid): void {
    this.#of(principal).said = said;
  }

  /** How the tool calls of a principal name their session; `undefined` until its tools are known. */
  argument(principal: string | undefined): SessionArgument | undefined {
    const tools = this.#known.get(principal)?.tools;
    return tools === undefined || isPromise(tools) ? undefined : tools.argument;
  }

  /** The lists of a principal have changed. */
  forget(principal: string | undefined): void {
    const known = this.#known.get(principal);
    if (known !== undefined) known.tools = undefined;
  }

  /**
   * What the tools of a home declare; asked of its server once for each principal.
   * `undefined`: the server could not be asked.
   */
  tools(home: Home, principal: string | undefined): Awaitable<Tools | undefined> {
    const known = this.#of(principal);
    if (known.tools !== undefined) return known.tools;
    const reading = this.#read(home);
    known.tools = reading;
    // Where the list has changed meanwhile, or could not be read, the next call reads it again.
    const settled = (tools?: Tools): void => {
      if (known.tools === reading) known.tools = tools;
    };
    reading.then(settled).catch(() => settled());
    return reading;
  }

  #of(principal: string | undefined): Known {
    let known = this.#known.get(principal);
    if (known === undefined) {
      known = { said: undefined, tools: undefined };
      this.#known.set(principal, known);
    }
    return known;
  }

  async #read(home: Home): Promise<Tools | undefined> {
    const headers = new Map<string, readonly ParamHeader[]>();
    const taken = new Set<string>();
    let cursor: unknown;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await this.#page(home, cursor);
      if (page === undefined) return undefined;
      for (const { name, inputSchema } of page.tools) {
        const declared = paramHeadersOf(inputSchema);
        if (declared.length > 0 && typeof name === 'string') headers.set(name, declared);
        const own = isObject(inputSchema) ? inputSchema['properties'] : undefined;
        if (isObject(own)) for (const property of Object.keys(own)) taken.add(property);
      }
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    const { settings, services } = this.#share;
    const argument = SessionArgument.of(settings.argument, taken, services.limits.evictAfterMs);
    return { headers, argument };
  }

  /** Asks for a page of tools, within the time that a handshake may take. */
  #page(
    home: Home,
    cursor: unknown,
  ): Promise<{ tools: Record<string, unknown>[]; nextCursor: unknown } | undefined> {
    const { clock, limits } = this.#share.services;
    return new Promise((resolve) => {
      const id = this.#share.nextId();
      const params = cursor === undefined ? {} : { cursor };
      const { mailbox } = home.session;
      const stop = timerFor(clock, limits.handshakeTimeoutMs)(() => mailbox.withdraw(id));
      const inquiry = new Inquiry(id, (response) => {
        stop();
        const result = response?.result;
        // A server without tools says that there is no such method: then none declares anything.
        const hasAnswered = result !== undefined || response?.error?.code === METHOD_NOT_FOUND;
        if (!hasAnswered) return resolve(undefined);
        const tools = Array.isArray(result?.['tools']) ? result['tools'].filter(isObject) : [];
        resolve({ tools, nextCursor: result?.['nextCursor'] });
      });
      const message = { jsonrpc: '2.0', id, method: 'tools/list', params } as const;
      if (home.session.accept(inside(message, inquiry)) !== undefined) inquiry.cancelled();
    });
  }
}
