import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Audience } from './audience.ts';
import type { ViewerPort } from './viewer.ts';

/** A viewer at the other end of a WebSocket. */
export interface ViewerSocket {
  /** Asks the viewer to go, and cuts a viewer that does not. */
  close(): void;
  readonly closed: Promise<void>;
}

/** Longest message a viewer may send: a receiver has nothing to say. */
const MAX_IN_BYTES = 1024;
/** Longest message a relay may send: a relay repeats what other programs sent it. */
const MAX_RELAYED_BYTES = 4 * 1024 * 1024;
const CONNECT_MS = 10_000;
const CLOSE_MS = 1000;
const TRY_LATER = 1013;
const GOING_AWAY = 1001;

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  maxPayload: MAX_IN_BYTES,
  perMessageDeflate: false,
});

/** Makes a viewer of an upgrade request that has been admitted. */
export function acceptViewer(
  audience: Audience,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  onViewer: (viewer: ViewerSocket) => void,
): void {
  server.handleUpgrade(request, socket, head, (webSocket) => {
    if (audience.isFull) {
      webSocket.on('error', () => {});
      return webSocket.close(TRY_LATER, 'too many viewers');
    }
    onViewer(watchedBy(audience, webSocket, Infinity));
  });
}

/**
 * Opens a WebSocket to a receiver's server.
 *
 * @param onOpen told once the receiver is a viewer
 * @throws SyntaxError for a text that is no URL
 */
export function dialViewer(
  audience: Audience,
  url: string,
  refreshEvery: number,
  onOpen: () => void,
): ViewerSocket {
  const webSocket = new WebSocket(url, {
    perMessageDeflate: false,
    handshakeTimeout: CONNECT_MS,
    maxPayload: MAX_RELAYED_BYTES,
    followRedirects: false,
  });
  let viewer: ViewerSocket | undefined;
  webSocket.on('error', () => {});
  webSocket.on('open', () => {
    if (audience.isFull) return webSocket.close(TRY_LATER);
    viewer = watchedBy(audience, webSocket, refreshEvery);
    onOpen();
  });
  return {
    closed: closeOf(webSocket),
    close: () => (viewer === undefined ? webSocket.terminate() : viewer.close()),
  };
}

function watchedBy(audience: Audience, webSocket: WebSocket, refreshEvery: number): ViewerSocket {
  const port: ViewerPort = {
    get unread() {
      return webSocket.bufferedAmount;
    },
    send(packet) {
      webSocket.send(JSON.stringify(packet), () => viewer.pump());
    },
    cut() {
      // `cut` may be called more than once before the socket is gone.
      if (webSocket.readyState === WebSocket.OPEN) audience.totals.cut++;
      webSocket.terminate();
    },
  };
  const viewer = audience.join(port, refreshEvery);
  webSocket.on('error', () => webSocket.terminate());
  const closed = closeOf(webSocket).then(() => audience.leave(port));
  return {
    closed,
    close() {
      webSocket.close(GOING_AWAY);
      const timer = audience.clock.setTimeout(() => webSocket.terminate(), CLOSE_MS);
      const stop = (): void => audience.clock.clearTimeout(timer);
      closed.then(stop).catch(stop);
    },
  };
}

function closeOf(webSocket: WebSocket): Promise<void> {
  return new Promise((resolve) => webSocket.on('close', () => resolve()));
}
