import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { OriginRules } from '../wire/origin.ts';
import { pathOf } from '../wire/target.ts';

/** Host names that the origin of a page on loopback can have. */
const OWN_ORIGINS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Decides who may look at this process: requests to loopback that name the token first in their
 * path. Pages in any browser can send requests to loopback, so the address alone admits no request.
 */
export class Loopback {
  readonly #rules: OriginRules;
  readonly #root: Buffer;

  /** @param otherOrigins pages that may open a WebSocket, besides those of loopback */
  constructor(token: string, otherOrigins: readonly string[] = []) {
    this.#rules = new OriginRules(undefined, [...OWN_ORIGINS, ...otherOrigins]);
    this.#root = digest(`/${token}`);
  }

  /** Against DNS rebinding: a foreign `Host` name that leads to loopback is still foreign. */
  allowsHost({ headers }: IncomingMessage): boolean {
    return this.#rules.allowsHost(headers.host);
  }

  allowsOrigin({ headers }: IncomingMessage): boolean {
    return this.#rules.allowsOrigin(headers.origin);
  }

  /** The path behind the token, `''` where the token ends it; `undefined` for another token. */
  pathBehind({ url }: IncomingMessage): string | undefined {
    const path = pathOf(url);
    const end = path.indexOf('/', 1);
    const root = path.slice(0, end < 0 ? undefined : end);
    if (!timingSafeEqual(digest(root), this.#root)) return undefined;
    return end < 0 ? '' : path.slice(end);
  }
}

/** Digests have one length, so the time of a comparison says nothing of the token. */
function digest(root: string): Buffer {
  return createHash('sha256').update(root).digest();
}
