import type { AuthInfo } from '../wire/authInfo.ts';
import type { Origin } from '../session/exchange.ts';
import { header, hostOf, type RequestHead } from '../wire/headers.ts';
import type { HostedRequest } from './hosted.ts';
import { lazyRequest } from './lazyRequest.ts';

/** Node's request as the origin of messages: URL and web-standard request are made when asked. */
export class NodeOrigin implements Origin {
  readonly head: RequestHead;
  readonly authInfo: AuthInfo | undefined;
  readonly #request: HostedRequest & { readonly originalUrl?: string };
  #url: URL | null | undefined;
  #web: Request | undefined;

  constructor(request: HostedRequest, authInfo: AuthInfo | undefined) {
    this.head = request as RequestHead;
    this.authInfo = authInfo;
    this.#request = request;
  }

  get url(): URL | undefined {
    this.#url ??= this.#parse() ?? null;
    return this.#url ?? undefined;
  }

  get request(): Request {
    return (this.#web ??= lazyRequest(() => this.#toWeb()));
  }

  #parse(): URL | undefined {
    const { originalUrl, url = '', socket } = this.#request;
    // Only a `TLSSocket` has it.
    const scheme = 'encrypted' in socket ? 'https' : 'http';
    // Express takes the path it has mounted a handler on off `url`.
    const target = originalUrl ?? url;
    const base = `${scheme}://${hostOf(this.head) ?? 'localhost'}`;
    return URL.canParse(target, base) ? new URL(target, base) : undefined;
  }

  #toWeb(): Request {
    const { method = 'GET' } = this.#request;
    const headers = new Headers();
    for (const name of Object.keys(this.head.headers)) {
      // The pseudo-headers of http/2 are none of the web's.
      if (!name.startsWith(':')) headers.set(name, header(this.head, name) ?? '');
    }
    return new Request(this.url ?? 'http://localhost/', { method, headers });
  }
}
