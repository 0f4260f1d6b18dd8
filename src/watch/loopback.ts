import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { OriginRules } from '../wire/origin.ts';
import { pathOf } from '../wire/target.ts';

/** A page of ours has one of these for its origin. */
const OWN_ORIGINS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Who may look at this process: requests to loopback that name the token first in their path. Pages
 * in any browser can send requests to loopback, so the address alone admits nobody.
 */
export class Loopback {
  readonly #rules: OriginRules;
  readonly #root: Buffer;

  /** @param otherOrigins pages that may open a WebSocket, beside those of loopback */
  constructor(token: string, otherOrigins: readonly string[] = []) {
    this.#rules = new OriginRules(undefined, [...OWN_ORIGINS, ...otherOrigins]);
    this.#root = digest(`/${token}`);
  }

  /** Against DNS rebinding: a foreign name that leads to loopback is still foreign. */
  allowsHost({ headers }: IncomingMessage): boolean {
    return this.#rules.allowsHost(headers.host);
  }

  allowsOrigin({ headers }: IncomingMessage): boolean {
    return this.#rules.allowsOrigin(headers.origin);
  }

  /** The path behind the token, `''` where there is none; `undefined` for another token. */
  pathBehind({ url }: IncomingMessage): string | undefined {
    const path = pathOf(url);
    const end = path.indexOf('/', 1);
    const root = path.slice(0, end < 0 ? undefined : end);
    if (!timingSafeEqual(digest(root), this.#root)) return undefined;
    return end < 0 ? '' : path.slice(end);
  }
}

/** Of one length, so that comparing says nothing of the token. */
function digest(root: string): Buffer {
  return createHash('sha256').update(root).digest();
}
