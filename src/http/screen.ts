import { corsHeaders, preflightHeaders } from '../wire/cors.ts';
import {
  accepts,
  acceptsBoth,
  declares,
  header,
  hostOf,
  isJson,
  type RequestHead,
} from '../wire/headers.ts';
import { type AllowList, OriginRules } from '../wire/origin.ts';
import type { RefusalCode } from '../wire/refusals.ts';

export interface ScreenOptions {
  readonly allowedHosts: AllowList | undefined;
  readonly allowedOrigins: AllowList | undefined;
  /** Answer preflights and send CORS headers to allowed origins. */
  readonly cors: boolean;
  /** Clients may end their session with DELETE. */
  readonly allowDelete: boolean;
  readonly maxBodyBytes: number;
}

const NONE: readonly string[] = [];

/** Everything about a request that can be checked by its head, before a body is read. */
export class Screen {
  readonly maxBodyBytes: number;
  readonly #rules: OriginRules;
  readonly #hasCors: boolean;
  readonly #allowsDelete: boolean;

  constructor(options: ScreenOptions) {
    this.maxBodyBytes = options.maxBodyBytes;
    this.#rules = new OriginRules(options.allowedHosts, options.allowedOrigins);
    this.#hasCors = options.cors;
    this.#allowsDelete = options.allowDelete;
  }

  /** For `Allow`, and for preflights. */
  get methods(): string {
    return this.#allowsDelete ? 'GET, POST, DELETE' : 'GET, POST';
  }

  /** `Host` and `Origin`, for what is not a request of Streamable HTTP (row T1). */
  admits(head: RequestHead): RefusalCode | undefined {
    const host = hostOf(head);
    const origin = header(head, 'origin');
    if (!this.#rules.allowsHost(host)) return 'host-forbidden';
    return this.#rules.allowsOrigin(origin) ? undefined : 'origin-forbidden';
  }

  /** Checks the head of a request of Streamable HTTP. */
  check(head: RequestHead): RefusalCode | undefined {
    const foreign = this.admits(head);
    if (foreign !== undefined) return foreign;
    switch (head.method) {
      case 'POST':
        if (!isJson(header(head, 'content-type'))) return 'unsupported-media-type';
        if (!acceptsBoth(header(head, 'accept'))) return 'not-acceptable';
        return declares(head, this.maxBodyBytes) ? 'body-too-large' : undefined;
      case 'GET':
        return accepts(header(head, 'accept'), 'text/event-stream') ? undefined : 'not-acceptable';
      case 'DELETE':
        return this.#allowsDelete ? undefined : 'method-not-allowed';
      default:
        return 'method-not-allowed';
    }
  }

  /**
   * Checks the head of a POST of legacy SSE. Its answer travels on the stream, so `Accept` is not
   * looked at (row H1).
   */
  checkPost(head: RequestHead): RefusalCode | undefined {
    const foreign = this.admits(head);
    if (foreign !== undefined) return foreign;
    if (!isJson(header(head, 'content-type'))) return 'unsupported-media-type';
    return declares(head, this.maxBodyBytes) ? 'body-too-large' : undefined;
  }

  /** Headers for a page of an allowed origin, where `cors` is on; none otherwise. */
  cors(head: RequestHead): readonly string[] {
    return this.#hasCors ? corsHeaders(this.#rules, head) : NONE;
  }

  /** What a preflight is told beside {@link cors} (row T2); `undefined` where it is not one of ours. */
  preflight(head: RequestHead): readonly string[] | undefined {
    if (head.method !== 'OPTIONS' || this.cors(head).length === 0) return undefined;
    return preflightHeaders(this.methods);
  }
}
