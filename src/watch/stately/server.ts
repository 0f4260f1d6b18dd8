import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, notFound } from '../../adapters/listen.ts';
import { refuseUpgrade } from '../../adapters/upgrades.ts';
import { ActorsError } from '../../base/errors.ts';
import { randomId } from '../../base/ids.ts';
import { Loopback } from '../loopback.ts';
import type { Audience } from './audience.ts';
import { inspectorPage } from './page.ts';
import { acceptViewer, type ViewerSocket } from './sockets.ts';

export interface ServeStatelyOptions {
  /** Port to listen on; 0 takes a free port. @default 0 */
  readonly port?: number;
  /** URL of the inspector shown in the page. @default 'https://stately.ai/inspect' */
  readonly inspectorUrl?: string;
  /** Secret part of both URLs: 20 to 128 letters, digits, `-` or `_`. @default a random token */
  readonly token?: string;
  /** Origins, besides loopback, whose pages may open a WebSocket. @default none */
  readonly allowedOrigins?: readonly string[];
}

/** What {@link ServeStatelyOptions} knows. */
const SERVE_STATELY_NAMES: NamesOf<ServeStatelyOptions> = {
  port: true,
  inspectorUrl: true,
  token: true,
  allowedOrigins: true,
};

/** A page and its WebSockets, on loopback. Their URLs hold the token, which lets a viewer watch. */
export interface StatelyServer {
  /** URL to open in a browser: the hosted inspector, fed by this process. */
  readonly url: string;
  /** URL for `createWebSocketReceiver({ server })`. */
  readonly receiverUrl: string;
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const TOKEN = /^[\w-]{20,128}$/;
const MAX_CONNECTIONS = 64;
const HEADERS_MS = 5000;

/**
 * Serves the page of the hosted inspector and the WebSockets that feed viewers.
 *
 * @throws ActorsError `bad-option`
 * @throws errors of `listen`: `EADDRINUSE`, `EACCES`
 */
export async function serveViewers(
  audience: Audience,
  options: ServeStatelyOptions = {},
): Promise<StatelyServer> {
  checkNames('serve', options, SERVE_STATELY_NAMES);
  const { port = 0, token = randomId(), inspectorUrl = 'https://stately.ai/inspect' } = options;
  if (!TOKEN.test(token)) {
    throw new ActorsError('bad-option', 'token must be 20 to 128 letters, digits, "-" or "_"');
  }
  if (!URL.canParse(inspectorUrl) || !/^https?:$/.test(new URL(inspectorUrl).protocol)) {
    throw new ActorsError('bad-option', `inspectorUrl must be a URL, got ${inspectorUrl}`);
  }
  const loopback = new Loopback(token, options.allowedOrigins);
  const isOurs = (request: IncomingMessage): boolean =>
    loopback.allowsHost(request) && loopback.pathBehind(request) === '';
  const viewers = new Set<ViewerSocket>();

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    // Every wrong request gets the same answer, which does not say how near a guess was.
    if (!isOurs(request) || request.method !== 'GET') return notFound(request, response);
    request.resume();
    const { html, headers } = inspectorPage(new URL(inspectorUrl), request.headers.host ?? '');
    response.writeHead(200, headers).end(html);
  };
  const listening = await listen(
    { port, host: LOOPBACK, maxConnections: MAX_CONNECTIONS, headersTimeout: HEADERS_MS },
    answer,
  );
  listening.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!isOurs(request) || !loopback.allowsOrigin(request)) {
      return refuseUpgrade(socket, 404, ['Content-Type', 'text/plain'], 'Not found\n');
    }
    acceptViewer(audience, { request, socket, head }, (viewer) => {
      viewers.add(viewer);
      const forget = (): unknown => viewers.delete(viewer);
      viewer.closed.then(forget).catch(forget);
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
