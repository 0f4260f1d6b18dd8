import type { Message } from './jsonrpc.ts';

/** Session revisions, newest first. `2024-11-05` clients may speak Streamable HTTP as well. */
export const SESSION_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

/** The first revision without sessions. */
export const STATELESS_REVISION = '2026-07-28';

/** Whether clients of a revision can be primed (row P12). Revisions are dates: they compare as text. */
export function canBePrimed(revision: string | undefined): boolean {
  return revision !== undefined && revision >= '2025-11-25';
}

/** Whether a revision has batches: only one has (row P4). */
export function allowsBatches(revision: string | undefined): boolean {
  return revision === '2025-03-26';
}

export function isSupported(revision: string): boolean {
  return (SESSION_REVISIONS as readonly string[]).includes(revision);
}

/**
 * Rewrites an `initialize` for the session's server: a revision that is not supported becomes the
 * latest one, because a server may agree to a revision that would be refused ever after (row L1).
 */
export function inOurEra(initialize: Message): Message {
  const params = 'method' in initialize ? initialize.params : undefined;
  const asked = params?.['protocolVersion'];
  if (typeof asked !== 'string' || isSupported(asked)) return initialize;
  return { ...initialize, params: { ...params, protocolVersion: SESSION_REVISIONS[0] } };
}
