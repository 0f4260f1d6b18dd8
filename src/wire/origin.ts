/** The host names or origins a server answers to; `'any'` switches the check off. */
export type AllowList = readonly string[] | 'any';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Checks `Host` and `Origin` against the allow lists (row T1), the defence against DNS rebinding.
 *
 * A host is compared by name, its port left aside, unless the entry names one. An origin is
 * compared whole, or by its host where the entry is a bare host name. Without lists only loopback
 * names pass.
 */
export class OriginRules {
  readonly #hosts: AllowList;
  readonly #origins: AllowList;
  /** The authority that was allowed last: nearly all requests are for the same. */
  #allowed: string | undefined;

  constructor(hosts: AllowList | undefined, origins: AllowList | undefined) {
    this.#hosts = hosts === undefined || hosts === 'any' ? (hosts ?? LOOPBACK) : hosts.map(lower);
    // `allowedHosts: 'any'` opens hosts alone: an origin is foreign whatever the hosts are.
    const known = hosts === undefined || hosts === 'any' ? LOOPBACK : hosts;
    this.#origins = origins === 'any' ? 'any' : (origins ?? known).map(lower);
  }

  /** @param authority the `Host` header, or the authority of the request's target */
  allowsHost(authority: string | undefined): boolean {
    if (this.#hosts === 'any') return true;
    if (authority === undefined) return false;
    if (authority === this.#allowed) return true;
    const host = authority.toLowerCase();
    const name = hostName(host);
    if (name === undefined) return false;
    const isAllowed = this.#hosts.includes(name) || this.#hosts.includes(host);
    if (isAllowed) this.#allowed = authority;
    return isAllowed;
  }

  /** Whether pages of an origin may call; a request without `Origin` comes from no page. */
  allowsOrigin(origin: string | undefined): boolean {
    if (origin === undefined || this.#origins === 'any') return true;
    const whole = origin.toLowerCase();
    // Extensions and webviews have schemes of their own: such an origin is taken only as it is listed.
    if (whole.includes('://') && this.#origins.includes(whole)) return true;
    const match = /^https?:\/\/([^/?#@\\\s]+)$/.exec(whole);
    if (match === null) return false;
    const host = match[1]!;
    const name = hostName(host);
    return name !== undefined && [host, name].some((entry) => this.#origins.includes(entry));
  }
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/;

function hostName(host: string): string | undefined {
  return HOST.exec(host)?.[1];
}

function lower(entry: string): string {
  return entry.toLowerCase();
}
