import { Cors, type CorsOptions } from '../wire/cors.ts';
import {
  acceptsStreams,
  declared,
  header,
  hostOf,
  isJson,
  type RequestHead,
  takesAnswers,
} from '../wire/headers.ts';
import { type AllowList, OriginRules } from '../wire/origin.ts';
import type { ResponseMode } from './httpExchange.ts';
import type { RefusalCode } from '../wire/refusals.ts';

export interface ScreenOptions {
  readonly allowedHosts?: AllowList;
  readonly allowedOrigins?: AllowList;
  /** Whether preflights are answered and allowed origins get CORS headers. */
  readonly cors: boolean | CorsOptions;
  /** How answers travel: in which media types, therefore. */
  readonly responseMode: ResponseMode;
  /** Whether clients may end their session with DELETE. */
  readonly allowDelete: boolean;
  readonly maxBodyBytes: number;
}

const NONE: readonly string[] = [];

/** Checks everything about a request that its head tells, before a body is read. */
export class Screen {
  readonly maxBodyBytes: number;
  readonly #rules: OriginRules;
  readonly #cors: Cors | null;
  readonly #mode: ResponseMode;
  readonly #allowsDelete: boolean;

  constructor(options: ScreenOptions) {
    this.maxBodyBytes = options.maxBodyBytes;
    this.#rules = new OriginRules(options.allowedHosts, options.allowedOrigins);
    const { cors } = options;
    this.#cors = cors === false ? null : new Cors(this.#rules, cors === true ? {} : cors);
    this.#mode = options.responseMode;
    this.#allowsDelete = options.allowDelete;
  }

  /** The methods that are served, for `Allow` and for preflights. */
  get methods(): string {
    return this.#allowsDelete ? 'GET, POST, DELETE' : 'GET, POST';
  }

  /** Checks `Host` and `Origin`, for requests other than Streamable HTTP (row T1). */
  admits(head: RequestHead): RefusalCode | undefined {
    const host = hostOf(head);
    const origin = header(head, 'origin');
    if (!this.#rules.allowsHost(host)) return 'host-forbidden';
    return this.#rules.allowsOrigin(origin) ? undefined : 'origin-forbidden';
  }

  /** Checks the head of a request of Streamable HTTP; `undefined` where the request passes. */
  check(head: RequestHead): RefusalCode | undefined {
    const foreign = this.admits(head);
    if (foreign !== undefined) return foreign;
    switch (head.method) {
      case 'POST':
        if (!isJson(header(head, 'content-type'))) return 'unsupported-media-type';
        if (!takesAnswers(header(head, 'accept'), this.#mode === 'sse')) return 'not-acceptable';
        return declared(head) > this.maxBodyBytes ? 'body-too-large' : undefined;
      case 'GET':
        return acceptsStreams(header(head, 'accept')) ? undefined : 'not-acceptable';
      case 'DELETE':
        return this.#allowsDelete ? undefined : 'method-not-allowed';
      default:
        return 'method-not-allowed';
    }
  }

  /**
   * Checks the head of a POST of legacy SSE. The answer travels on the stream, so `Accept` is not
   * looked at (row H1).
   */
  checkPost(head: RequestHead): RefusalCode | undefined {
    const foreign = this.admits(head);
    if (foreign !== undefined) return foreign;
    if (!isJson(header(head, 'content-type'))) return 'unsupported-media-type';
    return declared(head) > this.maxBodyBytes ? 'body-too-large' : undefined;
  }

  /** CORS headers for a page of an allowed origin, where `cors` is on; none otherwise. */
  cors(head: RequestHead): readonly string[] {
    return this.#cors?.headers(head) ?? NONE;
  }

  /** Headers that answer a preflight, beside {@link cors} (row T2); `undefined` for the rest. */
  preflight(head: RequestHead): readonly string[] | undefined {
    if (head.method !== 'OPTIONS' || this.cors(head).length === 0) return undefined;
    return this.#cors?.preflight(this.methods);
  }
}
