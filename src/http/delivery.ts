import type { Origin } from '../session/exchange.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { Extra } from '../session/exchange.ts';
import type { HttpExchange, HttpExchangeHost } from './httpExchange.ts';
import type { RequestHead } from '../wire/headers.ts';
import { canBePrimed } from '../wire/versions.ts';

/** What a message that came over HTTP is delivered with: the `extra` of the SDK's transports. */
export class Delivery implements Extra {
  readonly #origin: Origin;
  readonly #exchange: HttpExchange | undefined;
  readonly #host: HttpExchangeHost;
  #primed: boolean | undefined;

  constructor(origin: Origin, host: HttpExchangeHost, exchange: HttpExchange | undefined) {
    this.#origin = origin;
    this.#host = host;
    this.#exchange = exchange;
  }

  get authInfo(): AuthInfo | undefined {
    return this.#origin.authInfo;
  }

  get requestInfo(): RequestInfo {
    return new RequestInfo(this.#origin);
  }

  get request(): Request | undefined {
    return this.#origin.request;
  }

  /** The client understands ids to resume from. Kept: every server asks for every message. */
  get #isPrimed(): boolean {
    this.#primed ??= canBePrimed(this.#host.protocolVersion);
    return this.#primed;
  }

  /** Ends the message's response; `undefined` where no client could resume it (row P12). */
  get closeSSEStream(): (() => void) | undefined {
    const exchange = this.#exchange;
    return exchange !== undefined && this.#isPrimed ? () => exchange.hangUp() : undefined;
  }

  get closeStandaloneSSEStream(): (() => void) | undefined {
    const host = this.#host;
    return this.#isPrimed ? () => host.outlet.retire() : undefined;
  }
}

/**
 * What v1 handlers see of a request, as `extra.requestInfo`. The SDK reads one for every request, so
 * the URL is parsed only when a handler asks.
 */
export class RequestInfo {
  readonly headers: RequestHead['headers'];
  readonly #origin: Pick<Origin, 'url'>;

  constructor(origin: Pick<Origin, 'head' | 'url'>) {
    this.headers = origin.head.headers;
    this.#origin = origin;
  }

  get url(): URL | undefined {
    return this.#origin.url;
  }
}
