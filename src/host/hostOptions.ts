import type { Clock } from '../clock.ts';
import type { CrashPolicy, Limits } from '../options.ts';
import { ActorsError } from '../errors.ts';
import type { HostScope } from './hostScope.ts';
import type { RequestHead } from '../wire/headers.ts';
import type { AllowList } from '../wire/origin.ts';

/** What {@link createHost} takes. Limits are a runtime's: a scope counts as a session. */
export interface HostOptions<R> extends Partial<Limits> {
  /** Opens what a scope works with, when it is first asked for: MCP clients, mostly. */
  readonly open: (scope: HostScope<R>) => R | Promise<R>;
  /** Signs scope ids: at least 32 bytes. Give several to rotate: the first signs, all verify. */
  readonly secret: string | readonly string[];
  /**
   * Who the caller is by your application's own authentication. A scope belongs to the principal
   * it was made for, whatever id another one presents.
   */
  readonly principal?: (request: RequestHead) => string | undefined;
  /** Names the scope yourself (a tenant, a user): no cookie then. Parts are kept apart. */
  readonly scopeOf?: (request: RequestHead) => readonly string[] | undefined;
  /** Request header with a signed scope id, asked before the cookie. @default 'x-mcp-scope' */
  readonly header?: string;
  /** @default '__Host-mcp-scope', or 'mcp-scope' where `secure` is off */
  readonly cookie?: string;
  /** Cookies go over https alone. Switch off for http on loopback. @default true */
  readonly secure?: boolean;
  /** @default 'Lax' */
  readonly sameSite?: 'Lax' | 'Strict';
  readonly allowedHosts?: AllowList;
  readonly allowedOrigins?: AllowList;
  readonly onCrash?: 'restart' | CrashPolicy;
  readonly clock?: Clock;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** @throws ActorsError `bad-option` */
export function checkNames(header: string, cookie: string, secure: boolean): void {
  for (const [name, value] of [
    ['header', header],
    ['cookie', cookie],
  ] as const) {
    if (!TOKEN.test(value)) throw new ActorsError('bad-option', `${name} must be a token`);
  }
  // Browsers drop such a cookie silently.
  if (!secure && /^__(Host|Secure)-/.test(cookie)) {
    throw new ActorsError(
      'bad-option',
      `cookie must not be named ${cookie.slice(0, 9)}… without secure`,
    );
  }
}
