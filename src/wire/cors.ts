import { header, hostOf, type RequestHead } from './headers.ts';
import type { OriginRules } from './origin.ts';

/** What pages of allowed origins may do, beyond what the protocol itself needs. */
export interface CorsOptions {
  /** Request headers that pages may send beside those of the protocol, as `X-API-Key`. */
  readonly headers?: readonly string[];
  /** Response headers that pages may read beside `Mcp-Session-Id`. */
  readonly expose?: readonly string[];
  /** How long a browser may remember the answer to a preflight, in seconds. @default 600 */
  readonly maxAge?: number;
  /**
   * Whether browsers send their cookies and other credentials along. Needs `allowedOrigins` that are
   * listed: with `'any'`, each page on the web would act as its reader. @default false
   */
  readonly credentials?: boolean;
}

/** The request headers of the protocol that no page may send without a preflight. */
const HEADERS = [
  'Content-Type',
  'Authorization',
  'Mcp-Session-Id',
  'Mcp-Protocol-Version',
  'Last-Event-Id',
];

/** Writes the CORS headers of responses to pages of allowed origins (row T2). */
export class Cors {
  readonly #rules: OriginRules;
  readonly #always: readonly string[];
  readonly #preflight: readonly string[];

  constructor(rules: OriginRules, options: CorsOptions) {
    const { headers = [], expose = [], maxAge = 600, credentials = false } = options;
    this.#rules = rules;
    this.#always = [
      ...(credentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
      'Access-Control-Expose-Headers',
      ['Mcp-Session-Id', ...expose].join(', '),
      'Vary',
      'Origin',
    ];
    this.#preflight = [
      'Access-Control-Allow-Headers',
      [...HEADERS, ...headers].join(', '),
      'Access-Control-Max-Age',
      String(maxAge),
    ];
  }

  /** Headers of every response to a page of an allowed origin; none for other callers. */
  headers(head: RequestHead): readonly string[] {
    const origin = header(head, 'origin');
    if (origin === undefined) return [];
    if (!this.#rules.allowsHost(hostOf(head)) || !this.#rules.allowsOrigin(origin)) return [];
    return ['Access-Control-Allow-Origin', origin, ...this.#always];
  }

  /** Headers that answer a preflight, beside {@link Cors.headers}. */
  preflight(methods: string): readonly string[] {
    return ['Access-Control-Allow-Methods', methods, ...this.#preflight];
  }
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** Whether a value can be {@link CorsOptions}, `true` or `false`. */
export function isCors(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'boolean';
  const { headers = [], expose = [], maxAge = 0, credentials = false } = value as CorsOptions;
  const areTokens = [headers, expose].every(
    (names) => Array.isArray(names) && names.every((each) => TOKEN.test(String(each))),
  );
  const isAge = Number.isSafeInteger(maxAge) && maxAge >= 0;
  return areTokens && isAge && typeof credentials === 'boolean';
}
