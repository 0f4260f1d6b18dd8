import type { ServerResponse } from 'node:http';
import type { Channel, ChannelEnd, Wire } from './channel.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { randomId } from '../base/ids.ts';
import { endpointOf, type Runtime } from '../runtime.ts';
import { count } from '../events/counters.ts';
import type { RequestHead } from '../wire/headers.ts';
import { refusalBody } from '../wire/refusals.ts';
import { endpointFrame, messageFrame, STREAM_HEADERS } from '../wire/sse.ts';
import type { FetchContext } from '../http/fetch.ts';
import { type HostedRequest, refuse, takeBody } from './nodeBody.ts';
import { NodePort } from './nodePort.ts';

export interface LegacySseOptions {
  /** Where a client opens its stream. @default '/sse' */
  readonly path?: string;
  /** Where it is told to post to. @default '/messages' */
  readonly messagesPath?: string;
}

/**
 * Mounts on `http.createServer`, or on express with `app.use`: other paths go on to `next`. Hosts
 * that keep elsewhere what they found out hand it on as `context`.
 */
export type LegacySseHandler = (
  request: HostedRequest & { readonly baseUrl?: string },
  response: ServerResponse,
  context?: FetchContext | ((error?: unknown) => void),
) => void;

/**
 * Serves clients of revision 2024-11-05 (row H1): a GET opens a stream whose first event says where
 * to post, the answers come on the stream. One session for each stream, with the machine and the
 * laws of any other; the same checks of `Host`, `Origin`, media type and body as Streamable HTTP.
 *
 * The id in the posting address is of use to the stream's own principal only; it is no session id,
 * and a stream that is lost is not resumed.
 */
export function legacySse(
  runtime: Pick<Runtime, 'fetch'>,
  options: LegacySseOptions = {},
): LegacySseHandler {
  const { path = '/sse', messagesPath = '/messages' } = options;
  const endpoint = endpointOf(runtime);
  const channels = new Map<string, Channel>();

  return (request, response, context) => {
    const [pathname, query] = splitUrl(request.url ?? '');
    if (pathname !== path && pathname !== messagesPath) return pass(response, context);
    const head = request as RequestHead;
    const port = new NodePort(response, endpoint.cors(head));
    if (endpoint.preflight(head, port)) return;
    const isPost = pathname === messagesPath;
    const method = isPost ? 'POST' : 'GET';
    if (head.method !== method && endpoint.admits(head) === undefined) {
      request.resume();
      return refuseMethod(endpoint, port, method);
    }
    const refused = isPost ? endpoint.screenMessage(head) : endpoint.screen(head);
    if (refused !== undefined) return refuse(endpoint, request, port, refused);
    const known = typeof context === 'object' ? context : {};
    const { authInfo = request.auth, parsedBody = request.body } = known;
    const origin = { head, authInfo, request: undefined };
    if (isPost) {
      const channel = channels.get(new URLSearchParams(query).get('sessionId') ?? '');
      takeBody(endpoint, request, port, parsedBody, (body) => {
        endpoint.post(channel, origin, body, port);
      });
      return;
    }
    request.resume();
    if (port.gone) return;
    const channel = endpoint.open(origin, new SseLine(port));
    if (typeof channel === 'string') return endpoint.refuse(port, channel);
    const { keepAlive } = endpoint.services;
    const id = randomId();
    channels.set(id, channel);
    port.whenGone(() => {
      channels.delete(id);
      keepAlive.disarm(port);
      channel.left();
    });
    port.open(STREAM_HEADERS);
    port.write(endpointFrame(`${request.baseUrl ?? ''}${messagesPath}?sessionId=${id}`));
    keepAlive.arm(port);
  };
}

/** The event stream under a channel. */
class SseLine implements Wire {
  readonly carrier = 'sse';
  readonly #port: NodePort;

  constructor(port: NodePort) {
    this.#port = port;
  }

  send(json: string): void {
    this.#port.write(messageFrame(json));
  }

  end(reason: ChannelEnd): void {
    // What a slow reader has left unread is dropped with it.
    if (reason === 'too-slow') this.#port.cut();
    else this.#port.end();
  }

  get unread(): number {
    return this.#port.unread;
  }

  drained(): Promise<void> {
    return this.#port.drained();
  }
}

function refuseMethod({ services }: Endpoint, port: NodePort, allowed: string): void {
  count(services.counters.refusals, 'method-not-allowed');
  const headers = ['Content-Type', 'application/json', 'Allow', allowed];
  port.send(405, headers, refusalBody('method-not-allowed'));
}

function splitUrl(url: string): [pathname: string, query: string] {
  const end = url.indexOf('?');
  return end < 0 ? [url, ''] : [url.slice(0, end), url.slice(end + 1)];
}

function pass(response: ServerResponse, next: unknown): void {
  if (typeof next === 'function') next();
  else response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
}
