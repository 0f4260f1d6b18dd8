import type { AuthInfo } from '../wire/authInfo.ts';
import { atOnce } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import type { Origin } from '../session/exchange.ts';
import type { RequestHead } from '../wire/headers.ts';

/** Tells who a caller is: a stable name, or `undefined` for the anonymous principal. */
export type PrincipalOf = (
  authInfo: AuthInfo | undefined,
  request: RequestHead,
) => string | undefined;

/**
 * Names a caller by subject, with the issuer where there is one: the subject alone as it is, the two
 * as the JSON text `["issuer","subject"]`. A caller without a subject is its OAuth client, as
 * `["issuer",null,"client"]`: all users of that application are one. A refreshed token changes none
 * of it.
 */
export const defaultPrincipal: PrincipalOf = (authInfo) => {
  if (authInfo === undefined) return undefined;
  const { iss, sub } = authInfo.extra ?? {};
  const [issuer, subject, client] = [nameOf(iss), nameOf(sub), nameOf(authInfo.clientId)];
  // Arrays as JSON and not joined strings: `a:b` + `c` must not meet `a` + `b:c`.
  if (subject === null) return client === null ? '' : JSON.stringify([issuer, null, client]);
  const isPlain = issuer === null && typeof subject === 'string' && !subject.startsWith('[');
  return isPlain ? subject : JSON.stringify([issuer, subject]);
};

/** The default principal names an application, and not who uses it. */
export function isApplication(principalOf: PrincipalOf, authInfo: AuthInfo | undefined): boolean {
  if (principalOf !== defaultPrincipal || authInfo === undefined) return false;
  return nameOf(authInfo.extra?.['sub']) === null && nameOf(authInfo.clientId) !== null;
}

/** What names somebody: a text or a number. Anything else would name all who have the same. */
function nameOf(value: unknown): string | number | null {
  const isName = typeof value === 'string' ? value !== '' : Number.isFinite(value);
  return isName ? (value as string | number) : null;
}

/**
 * Asks a {@link PrincipalOf} who a caller is.
 *
 * @returns `''` for a caller authenticated by nothing a session can be bound to
 * @throws ActorsError `bad-option` where the answer is no name; whatever the user's function throws
 */
export function identify(
  principalOf: PrincipalOf,
  { authInfo, head }: Pick<Origin, 'head' | 'authInfo'>,
): string | undefined {
  const principal: unknown = principalOf(authInfo, head);
  if (principal === undefined || typeof principal === 'string') return principal;
  // Each call would give another promise: no request would ever find its session.
  atOnce('principal', principal);
  throw new ActorsError('bad-option', 'principal must return a string or undefined');
}
