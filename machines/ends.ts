/** Why a session ended. A closed set: counters, tombstones and events use nothing else. */
export const END_REASONS = [
  'expired',
  'terminated',
  'capacity',
  'crashed',
  'handshake-timeout',
  'revoked',
  'drained',
  'disconnected',
  'replaced',
] as const;

export type EndReason = (typeof END_REASONS)[number];
