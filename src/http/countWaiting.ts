import type { Services } from '../events/services.ts';
import type { Forwarded } from '../directory/whereabouts.ts';

/**
 * Counts a request that waits before a mailbox has it, for a store or for a server: among the bytes
 * of the messages of its principal, and of all.
 *
 * @returns ends the count, once; `undefined`: too much waits already
 */
export function countWaiting(
  services: Services,
  { principal, parcel }: Pick<Forwarded, 'principal' | 'parcel'>,
): (() => void) | undefined {
  const { counters, queued } = services;
  let bytes = parcel?.weight ?? 0;
  if (bytes > 0 && !queued.take(principal, bytes)) {
    services.tripped('maxQueueTotalBytes');
    return undefined;
  }
  counters.bytesIn.messages += bytes;
  return () => {
    if (bytes === 0) return;
    queued.give(principal, bytes);
    counters.bytesIn.messages -= bytes;
    bytes = 0;
  };
}
