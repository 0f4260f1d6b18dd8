/**
 * The caller, as a host has validated it: what both generations of the SDK call `AuthInfo`, member
 * by member, so that either one's value fits where neither package is installed.
 */
export interface AuthInfo {
  token: string;
  /** The OAuth client, which is an application: its users share it. */
  clientId: string;
  scopes: string[];
  /** When the token expires, in seconds since the epoch. */
  expiresAt?: number;
  /** The server the token is for (RFC 8707). */
  resource?: URL;
  /** What else the host knows: `sub` and `iss` name the user for the default `principal`. */
  extra?: Record<string, unknown>;
}
