import type { Audience } from './audience.ts';
import type { StatelyPacket } from './packets.ts';
import type { Viewer } from './viewer.ts';

/**
 * Hands every packet to a function. A function that throws, or rejects, is not called again.
 *
 * @returns how to stop
 * @throws ActorsError `not-admitted` where `maxViewers` watch
 */
export function attach(audience: Audience, send: (packet: StatelyPacket) => unknown): () => void {
  let isOver = false;
  let viewer: Viewer | undefined;
  const stop = (): void => {
    isOver = true;
    if (viewer !== undefined) audience.leave(viewer);
  };
  const fail = (): void => {
    if (!isOver) audience.cut++;
    stop();
  };
  const port = {
    unread: 0,
    cut: fail,
    send(packet: StatelyPacket): void {
      if (isOver) return;
      try {
        const result = send(packet);
        if (result instanceof Promise) result.catch(fail);
      } catch {
        fail();
      }
    },
  };
  viewer = audience.join(port);
  // The function threw at the first packet, before there was a viewer to remove.
  if (isOver) stop();
  return stop;
}
