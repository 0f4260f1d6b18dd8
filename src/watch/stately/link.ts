import { ActorsError } from '../../base/errors.ts';
import type { Audience } from './audience.ts';
import { dialViewer, type ViewerSocket } from './sockets.ts';

/** A connection to a receiver's server, made again whenever it is lost. */
export interface StatelyLink {
  /** Whether the connection is open now. */
  readonly isOpen: boolean;
  /** How often the connection was made. */
  readonly connections: number;
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * Packets after which an actor is announced again. A relay keeps the last 200 packets for viewers
 * that come late; the packets it keeps of an actor then begin with the actor's definition.
 */
const REFRESH_EVERY = 150;

/** @throws ActorsError `bad-option` */
export function connectTo(audience: Audience, url: string): StatelyLink {
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    const got = JSON.stringify(url);
    throw new ActorsError('bad-option', `url must be a ws: or wss: URL, got ${got}`);
  }
  const { clock } = audience;
  let socket: ViewerSocket | undefined;
  let timer: unknown;
  let sseRetryMs = FIRST_RETRY_MS;
  let isOpen = false;
  let isOver = false;
  let connections = 0;
  const retry = (): void => {
    isOpen = false;
    if (isOver) return;
    timer = clock.setTimeout(dial, sseRetryMs);
    sseRetryMs = Math.min(sseRetryMs * 2, LAST_RETRY_MS);
  };
  const dial = (): void => {
    socket = dialViewer(audience, url, REFRESH_EVERY, () => {
      isOpen = true;
      connections++;
      sseRetryMs = FIRST_RETRY_MS;
    });
    socket.closed.then(retry).catch(() => (isOver = true));
  };
  dial();
  return {
    get isOpen() {
      return isOpen;
    },
    get connections() {
      return connections;
    },
    async close() {
      isOver = true;
      clock.clearTimeout(timer);
      socket?.close();
      await socket?.closed;
    },
  };
}
