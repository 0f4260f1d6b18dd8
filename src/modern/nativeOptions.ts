import type { ServerOptions } from '../session/session.ts';
import { SESSION_REVISIONS, STATELESS_REVISION } from '../wire/versions.ts';
import { type CacheHint, CACHEABLE } from './dress.ts';

/** What lets a server of SDK v2 serve the stateless revision in its own way; v1 takes no notice. */
export function nativeOptions({
  ttlMs,
  scope: cacheScope,
}: CacheHint): Omit<ServerOptions, 'jsonSchemaValidator'> {
  const supportedProtocolVersions = [...SESSION_REVISIONS, STATELESS_REVISION];
  // The SDK's own are the defaults.
  if (ttlMs === 0 && cacheScope === 'private') return { supportedProtocolVersions };
  const hints = Array.from(CACHEABLE, (method) => [method, { ttlMs, cacheScope }] as const);
  return { supportedProtocolVersions, cacheHints: Object.fromEntries(hints) };
}
