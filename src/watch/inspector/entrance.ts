import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { header, hostOf, type RequestHead } from '../../wire/headers.ts';
import { OriginRules } from '../../wire/origin.ts';

/** What a page may do: run our script, wear our style, read from where it came; nothing else. */
export const SECURITY = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** Where a request that may come in wants to go, or the status it is turned away with. */
export type Admission = { readonly path: string; readonly query: URLSearchParams } | number;

/**
 * Who may come in: a GET from this machine that names the token. All others learn nothing, least of
 * all whether there is an inspector: a wrong token is answered as a wrong path.
 */
export class Entrance {
  readonly #rules = new OriginRules(undefined, undefined);
  readonly #token: Buffer;

  constructor(token: string) {
    this.#token = digest(token);
  }

  admit(request: IncomingMessage): Admission {
    const head = request as RequestHead;
    // Against DNS rebinding: a foreign name that leads to loopback is still foreign.
    if (!this.#rules.allowsHost(hostOf(head))) return 403;
    const origin = header(head, 'origin');
    if (origin !== undefined && origin !== `http://${header(head, 'host')}`) return 403;
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const [, token = '', ...rest] = path.split('/');
    if (!timingSafeEqual(digest(token), this.#token)) return 404;
    if (rest.length === 0) return 404;
    if (request.method !== 'GET') return 405;
    return { path: rest.join('/'), query: new URLSearchParams(query) };
  }
}

/** Of one length, so that comparing says nothing of it. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
