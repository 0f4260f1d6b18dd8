import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import type { ServerTransport } from '../transport.ts';

/** Bytes a client may leave unread before its server is made to wait. */
const FULL_BYTES = 128 * 1024;
/** A client that reads nothing for so long is the stream limits' to cut, not ours to wait for. */
const PATIENCE_MS = 5000;
const POLL_MS = 5;

/** The client of a session is behind with its reading. */
export function isBehind(transport: ServerTransport): boolean {
  return transport.unread > FULL_BYTES;
}

/** Waits until it has caught up. */
export async function untilRead(
  transport: ServerTransport,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const until = systemClock.now() + patienceMs;
  while (isBehind(transport) && systemClock.now() < until) {
    await delay(POLL_MS, undefined, { ref: false });
  }
}
