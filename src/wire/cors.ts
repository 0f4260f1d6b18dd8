import { header, hostOf, type RequestHead } from './headers.ts';
import type { OriginRules } from './origin.ts';

/** CORS headers for a page of an allowed origin; none for other callers. */
export function corsHeaders(rules: OriginRules, head: RequestHead): readonly string[] {
  const origin = header(head, 'origin');
  if (origin === undefined || !rules.allowsHost(hostOf(head)) || !rules.allowsOrigin(origin))
    return [];
  return [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Expose-Headers',
    'Mcp-Session-Id',
    'Vary',
    'Origin',
  ];
}

/** Headers that answer a preflight, beside {@link corsHeaders} (row T2). */
export function preflightHeaders(methods: string): readonly string[] {
  return [
    'Access-Control-Allow-Methods',
    methods,
    'Access-Control-Allow-Headers',
    'Content-Type, Authorization, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-Id',
    'Access-Control-Max-Age',
    '600',
  ];
}
