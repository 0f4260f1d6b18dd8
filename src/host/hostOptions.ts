import { type Clock, systemClock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { type CrashPolicy } from '../actor/intensity.ts';
import { type Limits } from '../base/limits.ts';
import { checkOptions, limitsOf, policyOf } from '../options.ts';
import type { RequestHead } from '../wire/headers.ts';
import { type AllowList, OriginRules } from '../wire/origin.ts';
import type { OpenScope } from './openScope.ts';

/** Numbers of a host alone. */
export interface HostLimits {
  /** Questions of one scope that wait for an answer. @default 32 */
  readonly maxQuestions: number;
  /** Bytes of their params. @default 1 MiB */
  readonly maxQuestionBytes: number;
  /** How long a question waits for its answer. @default 5 min */
  readonly answerTimeoutMs: number;
  /** Event streams of one scope at once; one more is refused. @default 16 */
  readonly maxStreams: number;
  /** How long `open` may take. @default 60 s */
  readonly openTimeoutMs: number;
}

const DEFAULT_HOST_LIMITS: HostLimits = {
  maxQuestions: 32,
  maxQuestionBytes: 1024 * 1024,
  answerTimeoutMs: 5 * 60_000,
  maxStreams: 16,
  openTimeoutMs: 60_000,
};

/** Limits a host shares with a runtime: a scope counts as a session. */
type SharedLimits = Pick<
  Limits,
  | 'maxSessions'
  | 'maxSessionsPerPrincipal'
  | 'maxInFlight'
  | 'maxResources'
  | 'maxStreamBytes'
  | 'maxReplayEvents'
  | 'maxReplayBytes'
  | 'quietMs'
  | 'idleTimeoutMs'
  | 'closeTimeoutMs'
  | 'keepAliveMs'
  | 'sseRetryMs'
  | 'maxLogEntries'
  | 'maxHistory'
>;

/** What {@link createHost} takes. Everything but `open` and `secret` has a default. */
export interface HostOptions<R> extends Partial<SharedLimits>, Partial<HostLimits> {
  /**
   * Opens what a scope works with, when it is first asked for: MCP clients, mostly. Runs once, for
   * whoever asks meanwhile; again when it failed, and after a crash.
   */
  readonly open: (scope: OpenScope) => R | Promise<R>;
  /** Signs scope ids: at least 32 bytes. Give several to rotate: the first signs, all verify. */
  readonly secret: string | readonly string[];
  /**
   * Who the caller is by your application's own authentication. A scope belongs to the principal
   * it was made for, whatever id another one presents. Not asked where `enter` is told.
   */
  readonly principal?: (request: RequestHead) => Maybe<string>;
  /**
   * Names the scope yourself (a user, a tenant): no id travels then. A name belongs to its
   * principal, and parts are kept apart. `undefined` goes on with header and cookie.
   */
  readonly scopeOf?: (
    request: RequestHead,
    principal: string | undefined,
  ) => Maybe<readonly string[]>;
  /** Request header with a signed scope id, asked before the cookie. @default 'x-mcp-scope' */
  readonly header?: string;
  /** @default '__Host-mcp-scope', or 'mcp-scope' where `secure` is off */
  readonly cookie?: string;
  /** The cookie goes over https alone. Switch off for http on loopback. @default true */
  readonly secure?: boolean;
  /** @default 'Lax' */
  readonly sameSite?: 'Lax' | 'Strict';
  /** Host names this application answers to. @default loopback names */
  readonly allowedHosts?: AllowList;
  /** Origins of pages that may call. @default pages of the allowed hosts */
  readonly allowedOrigins?: AllowList;
  /** `'restart'` is 3 within a minute: all is released, and opened again when it is asked for. @default 'restart' */
  readonly onCrash?: 'restart' | CrashPolicy;
  readonly clock?: Clock;
}

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** Options after the checks. */
export interface HostSettings {
  /** Limits that scopes share with sessions. */
  readonly shared: Limits;
  readonly limits: HostLimits;
  readonly clock: Clock;
  readonly onCrash: CrashPolicy;
  readonly rules: OriginRules;
  readonly secrets: readonly string[];
  readonly header: string;
  readonly cookie: { readonly name: string; readonly attributes: string };
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Checks everything before anything opens.
 *
 * @throws ActorsError `bad-option`, naming the option
 */
export function settleHost<R>(options: HostOptions<R>): HostSettings {
  const { open, secret, header = 'x-mcp-scope', secure = true, sameSite = 'Lax' } = options;
  const { cookie = secure ? '__Host-mcp-scope' : 'mcp-scope', onCrash = 'restart' } = options;
  demand(typeof open === 'function', 'open must be a function');
  const secrets = typeof secret === 'string' ? [secret] : secret;
  demand(Array.isArray(secrets), 'secret must be a string or several');
  for (const name of ['principal', 'scopeOf'] as const) {
    const value = options[name];
    demand(value === undefined || typeof value === 'function', `${name} must be a function`);
  }
  demand(TOKEN.test(header), 'header must be a token');
  demand(TOKEN.test(cookie), 'cookie must be a token');
  demand(typeof secure === 'boolean', 'secure must be true or false');
  demand(['Lax', 'Strict'].includes(sameSite), "sameSite must be 'Lax' or 'Strict'");
  // Browsers drop such a cookie silently.
  const isPrefixed = /^__(Host|Secure)-/i.test(cookie);
  demand(secure || !isPrefixed, 'cookie must not be named __Host-… or __Secure-… without secure');
  const limits = { ...DEFAULT_HOST_LIMITS };
  for (const name of Object.keys(limits) as (keyof HostLimits)[]) {
    const value = options[name];
    if (value === undefined) continue;
    demand(Number.isFinite(value) && value > 0, `${name} must be a finite number > 0`);
    limits[name] = value;
  }
  const { allowedHosts, allowedOrigins, clock = systemClock } = options;
  checkOptions({ allowedHosts, allowedOrigins, onCrash });
  const attributes = `Path=/; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`;
  return {
    shared: limitsOf(options, false),
    limits,
    clock,
    onCrash: policyOf(onCrash),
    rules: new OriginRules(allowedHosts, allowedOrigins),
    secrets,
    header: header.toLowerCase(),
    cookie: { name: cookie, attributes },
  };
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new ActorsError('bad-option', message);
}
