import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { type CrashPolicy } from '../actor/intensity.ts';
import { type Limits } from '../base/limits.ts';
import { settleLimits } from '../base/check.ts';
import { checkOptions, limitsOf, policyOf } from '../options.ts';
import type { RequestHead } from '../wire/headers.ts';
import { type AllowList, OriginRules } from '../wire/origin.ts';
import { DEFAULT_HOST_LIMITS, type HostLimits } from './hostLimits.ts';
import type { OpenScope } from './openScope.ts';

/** Limits a host shares with a runtime: a scope counts as a session. */
type SharedLimits = Pick<
  Limits,
  | 'maxSessions'
  | 'maxSessionsPerPrincipal'
  | 'maxInFlight'
  | 'maxInFlightPerPrincipal'
  | 'maxResources'
  | 'maxStreamBytes'
  | 'maxUnreadBytes'
  | 'maxUnreadBytesPerPrincipal'
  | 'maxUnreadTotalBytes'
  | 'unreadTimeoutMs'
  | 'maxReplayEvents'
  | 'maxReplayBytes'
  | 'maxReplayTotalBytes'
  | 'quietMs'
  | 'idleTimeoutMs'
  | 'closeTimeoutMs'
  | 'keepAliveMs'
  | 'sseRetryMs'
  | 'maxLogEntries'
  | 'maxHistory'
>;

/** Options of {@link createHost}. Every option but `open` and `secret` has a default. */
export interface HostOptions<R> extends Partial<SharedLimits>, Partial<HostLimits> {
  /**
   * Opens what a scope works with, mostly MCP clients, when the scope's first work asks for it.
   * Runs once for all work that asks meanwhile; runs again after it failed, and after a crash.
   */
  readonly open: (scope: OpenScope) => R | Promise<R>;
  /** Signs scope ids: at least 32 bytes. To rotate, give several: the first signs, all verify. */
  readonly secret: string | readonly string[];
  /**
   * Names the caller by your application's own authentication. A scope belongs to the principal it
   * was made for, whatever scope id another caller presents. Not called where `enter` is given a
   * principal.
   */
  readonly principal?: (request: RequestHead) => Maybe<string>;
  /**
   * Names the scope yourself (a user, a tenant): no scope id travels then. A name belongs to its
   * principal, and its parts are kept apart. `undefined` goes on with header and cookie.
   */
  readonly scopeOf?: (
    request: RequestHead,
    principal: string | undefined,
  ) => Maybe<readonly string[]>;
  /** Request header with a signed scope id, read before the cookie. @default 'x-mcp-scope' */
  readonly header?: string;
  /** Name of the cookie. @default '__Host-mcp-scope', or 'mcp-scope' where `secure` is off */
  readonly cookie?: string;
  /** Browsers send the cookie over https only. Switch off for http on loopback. @default true */
  readonly secure?: boolean;
  /** `SameSite` of the cookie. @default 'Lax' */
  readonly sameSite?: 'Lax' | 'Strict';
  /** Host names this application answers to. @default loopback names */
  readonly allowedHosts?: AllowList;
  /** Origins of pages that may call this application. @default pages of the allowed hosts */
  readonly allowedOrigins?: AllowList;
  /**
   * What a crash of a scope does. `'restart'` allows 3 crashes within a minute: all the scope owns
   * is released, and opened again when the next work asks for it.
   * @default 'restart'
   */
  readonly onCrash?: 'restart' | CrashPolicy;
  readonly clock?: Clock;
}

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** The options of a host, checked, with the defaults filled in. */
export type HostSettings = ReturnType<typeof settleHost>;

/** What {@link HostOptions} knows. */
const NAMES: Omit<NamesOf<HostOptions<never>>, keyof HostLimits> = {
  maxSessions: true,
  maxSessionsPerPrincipal: true,
  maxInFlight: true,
  maxInFlightPerPrincipal: true,
  maxResources: true,
  maxStreamBytes: true,
  maxUnreadBytes: true,
  maxUnreadBytesPerPrincipal: true,
  maxUnreadTotalBytes: true,
  unreadTimeoutMs: true,
  maxReplayEvents: true,
  maxReplayBytes: true,
  maxReplayTotalBytes: true,
  quietMs: true,
  idleTimeoutMs: true,
  closeTimeoutMs: true,
  keepAliveMs: true,
  sseRetryMs: true,
  maxLogEntries: true,
  maxHistory: true,
  open: true,
  secret: true,
  principal: true,
  scopeOf: true,
  header: true,
  cookie: true,
  secure: true,
  sameSite: true,
  allowedHosts: true,
  allowedOrigins: true,
  onCrash: true,
  clock: true,
};

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Checks all options before anything opens. @throws ActorsError `bad-option`, naming the option */
export function settleHost<R>(options: HostOptions<R>) {
  checkNames('createHost', options, { ...DEFAULT_HOST_LIMITS, ...NAMES });
  const { open, secret, header = 'x-mcp-scope', secure = true, sameSite = 'Lax' } = options;
  const { cookie = secure ? '__Host-mcp-scope' : 'mcp-scope', onCrash = 'restart' } = options;
  demand(typeof open === 'function', 'open must be a function');
  const secrets = typeof secret === 'string' ? [secret] : secret;
  demand(Array.isArray(secrets), 'secret must be a string or several');
  demand(TOKEN.test(header), 'header must be a token');
  demand(TOKEN.test(cookie), 'cookie must be a token');
  demand(typeof secure === 'boolean', 'secure must be true or false');
  demand(['Lax', 'Strict'].includes(sameSite), "sameSite must be 'Lax' or 'Strict'");
  // Browsers drop a cookie with such a prefix silently when it is not secure.
  const isPrefixed = /^__(Host|Secure)-/i.test(cookie);
  demand(secure || !isPrefixed, 'cookie must not be named __Host-… or __Secure-… without secure');
  const { allowedHosts, allowedOrigins, principal, scopeOf, clock = systemClock } = options;
  checkOptions({ allowedHosts, allowedOrigins, onCrash, principal });
  demand(scopeOf === undefined || typeof scopeOf === 'function', 'scopeOf must be a function');
  const attributes = `Path=/; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`;
  return {
    /** Limits that scopes share with sessions. */
    shared: limitsOf(options, false),
    limits: settleLimits(DEFAULT_HOST_LIMITS, options),
    clock,
    onCrash: policyOf(onCrash),
    principal,
    scopeOf,
    rules: new OriginRules(allowedHosts, allowedOrigins),
    secrets,
    header: header.toLowerCase(),
    cookie: { name: cookie, attributes },
  };
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new ActorsError('bad-option', message);
}
