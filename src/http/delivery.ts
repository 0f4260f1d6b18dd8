import type { Origin } from '../session/exchange.ts';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Extra } from '../session/exchange.ts';
import type { HttpExchange, HttpExchangeHost } from './httpExchange.ts';
import type { RequestHead } from '../wire/headers.ts';
import { canBePrimed } from '../wire/versions.ts';

/** The `extra` a message that came over HTTP is delivered with. */
export class Delivery implements Extra {
  readonly #origin: Origin;
  readonly #exchange: HttpExchange | undefined;
  readonly #host: HttpExchangeHost;

  constructor(origin: Origin, host: HttpExchangeHost, exchange: HttpExchange | undefined) {
    this.#origin = origin;
    this.#host = host;
    this.#exchange = exchange;
  }

  get authInfo(): AuthInfo | undefined {
    return this.#origin.authInfo;
  }

  get requestInfo(): { headers: RequestHead['headers'] } {
    return { headers: this.#origin.head.headers };
  }

  get request(): Request | undefined {
    return this.#origin.request;
  }

  /** Only where the client holds an id to resume from (row P12). */
  get closeSSEStream(): (() => void) | undefined {
    const exchange = this.#exchange;
    return exchange !== undefined && canBePrimed(this.#host.protocolVersion)
      ? () => exchange.hangUp()
      : undefined;
  }

  get closeStandaloneSSEStream(): (() => void) | undefined {
    const host = this.#host;
    return canBePrimed(host.protocolVersion) ? () => host.outlet.retire() : undefined;
  }
}
