import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from '../../adapters/listen.ts';
import { refuseUpgrade } from '../../adapters/upgrades.ts';
import { ActorsError } from '../../base/errors.ts';
import { randomId } from '../../base/ids.ts';
import { Loopback } from '../loopback.ts';
import type { Audience } from './audience.ts';
import { inspectorPage } from './page.ts';
import { urlOf } from './urlOf.ts';
import { acceptViewer, type ViewerSocket } from './sockets.ts';

export interface ServeStatelyOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** The inspector shown in the page. @default 'https://stately.ai/inspect' */
  readonly inspectorUrl?: string;
  /** What a URL must hold; at least 20 letters, digits, `-` or `_`. @default a random one */
  readonly token?: string;
  /** Pages of other origins than loopback that may open a WebSocket. @default none */
  readonly allowedOrigins?: readonly string[];
}

/** A page and its WebSockets, on loopback. Their URLs hold the token: whoever has one may watch. */
export interface StatelyServer {
  /** Open it in a browser: the hosted inspector, fed by this process. */
  readonly url: string;
  /** For `createWebSocketReceiver({ server })`. */
  readonly receiverUrl: string;
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const TOKEN = /^[\w-]{20,128}$/;
const MAX_CONNECTIONS = 64;
const HEADERS_TIMEOUT_MS = 5000;

/**
 * @throws ActorsError `bad-option`
 * @throws whatever `listen` meets
 */
export async function serveViewers(
  audience: Audience,
  options: ServeStatelyOptions = {},
): Promise<StatelyServer> {
  const { port = 0, token = randomId(), inspectorUrl = 'https://stately.ai/inspect' } = options;
  if (!TOKEN.test(token)) {
    throw new ActorsError('bad-option', 'token must be 20 to 128 letters, digits, "-" or "_"');
  }
  const inspector = urlOf(inspectorUrl);
  if (inspector === undefined || !/^https?:$/.test(inspector.protocol)) {
    throw new ActorsError('bad-option', `inspectorUrl must be a URL, got ${inspectorUrl}`);
  }
  const loopback = new Loopback(token, options.allowedOrigins);
  const isOurs = (request: IncomingMessage): boolean =>
    loopback.allowsHost(request) && loopback.pathBehind(request) === '';
  const viewers = new Set<ViewerSocket>();

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    // One answer for all that is wrong: it says nothing of how near a guess was.
    if (!isOurs(request) || request.method !== 'GET') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
      return;
    }
    const { html, headers } = inspectorPage(inspector, request.headers.host ?? '');
    response.writeHead(200, headers).end(html);
  };
  const listening = await listen(
    {
      port,
      host: LOOPBACK,
      maxConnections: MAX_CONNECTIONS,
      headersTimeout: HEADERS_TIMEOUT_MS,
    },
    answer,
  );
  listening.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!isOurs(request) || !loopback.allowsOrigin(request)) {
      refuseUpgrade(socket, 404, ['Content-Type', 'text/plain'], 'Not found\n');
      return;
    }
    acceptViewer(audience, { request, socket, head }, (viewer) => {
      viewers.add(viewer);
      void viewer.closed.then(() => viewers.delete(viewer));
    });
  });
  const address = `${LOOPBACK}:${listening.port}/${token}`;
  return {
    url: `http://${address}`,
    receiverUrl: `ws://${address}`,
    port: listening.port,
    close: () =>
      listening.close(async () => {
        for (const viewer of viewers) viewer.close();
        await Promise.all(Array.from(viewers, ({ closed }) => closed));
      }),
  };
}
