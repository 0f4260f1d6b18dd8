import { isPromise } from '../../base/awaitable.ts';
import type { Audience } from './audience.ts';
import type { ViewerPort } from './viewer.ts';
import type { StatelyPacket } from './packets.ts';

/**
 * Hands every packet to a function. A function that throws, or rejects, is not called again.
 *
 * @returns how to stop
 * @throws ActorsError `not-admitted` where `maxViewers` watch
 */
export function attach(audience: Audience, send: (packet: StatelyPacket) => unknown): () => void {
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    audience.leave(port);
  };
  const fail = (): void => {
    if (!isOver) audience.totals.cut++;
    stop();
  };
  const port: ViewerPort = {
    unread: 0,
    cut: fail,
    send(packet) {
      if (isOver) return;
      try {
        const result = send(packet);
        if (isPromise(result)) Promise.resolve(result).catch(fail);
      } catch {
        fail();
      }
    },
  };
  audience.join(port);
  return stop;
}
