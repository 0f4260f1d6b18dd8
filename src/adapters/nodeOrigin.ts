import type { AuthInfo } from '../wire/authInfo.ts';
import type { Origin } from '../session/exchange.ts';
import { header, hostOf, type RequestHead } from '../wire/headers.ts';
import type { HostedRequest } from './hosted.ts';
import { lazyRequest } from './lazyRequest.ts';

/**
 * Node's request as the origin of messages: URL and web-standard request are made when asked. Only
 * the head is kept: what a request has brought may wait for hours, and the request itself need not.
 */
export class NodeOrigin implements Origin {
  readonly head: RequestHead;
  readonly authInfo: AuthInfo | undefined;
  readonly #target: string;
  readonly #isEncrypted: boolean;
  #url: URL | null | undefined;
  #web: Request | undefined;

  constructor(request: HostedRequest, authInfo: AuthInfo | undefined) {
    const { method, headers, url = '', host, originalUrl = url } = seen(request);
    this.head = { method, headers, url, host };
    this.authInfo = authInfo;
    // Express takes the path it has mounted a handler on off `url`.
    this.#target = originalUrl;
    // Only a `TLSSocket` has it.
    this.#isEncrypted = 'encrypted' in request.socket;
  }

  get url(): URL | undefined {
    this.#url ??= this.#parse() ?? null;
    return this.#url ?? undefined;
  }

  get request(): Request {
    return (this.#web ??= lazyRequest(() => this.#toWeb()));
  }

  #parse(): URL | undefined {
    const scheme = this.#isEncrypted ? 'https' : 'http';
    const base = `${scheme}://${hostOf(this.head) ?? 'localhost'}`;
    return URL.canParse(this.#target, base) ? new URL(this.#target, base) : undefined;
  }

  #toWeb(): Request {
    const { method } = this.head;
    const headers = new Headers();
    for (const name of Object.keys(this.head.headers)) {
      // The pseudo-headers of http/2 are none of the web's.
      if (!name.startsWith(':')) headers.set(name, header(this.head, name) ?? '');
    }
    return new Request(this.url ?? 'http://localhost/', { method, headers });
  }
}

/** A request with the members that hosts add. */
function seen(request: HostedRequest): RequestHead & { readonly originalUrl?: string } {
  return request as RequestHead & { readonly originalUrl?: string };
}
