import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { type Channel, extraOf, openChannel, type Wire } from './channel.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { randomId } from '../base/ids.ts';
import { containMounted, type MountOptions } from './containMounted.ts';
import { ActorsError } from '../base/errors.ts';
import { endpointOf } from '../http/endpointOf.ts';
import type { Runtime } from '../runtime.ts';
import type { Origin } from '../session/exchange.ts';
import { readBody, type Body } from '../wire/body.ts';
import { count } from '../events/counters.ts';
import { declared, type RequestHead } from '../wire/headers.ts';
import { refusalBody } from '../wire/refusals.ts';
import { queryOf, routeOf } from '../wire/target.ts';
import { endpointFrame, messageFrame, STREAM_HEADERS } from '../wire/sse.ts';
import { type Place, Upload } from '../http/upload.ts';
import { foundOut, type HostedCaller, type HostedRequest, type HostedResponse } from './hosted.ts';
import { NodeBody } from './nodeBody.ts';
import { NodeOrigin } from './nodeOrigin.ts';
import { NodePort } from './nodePort.ts';

const NOWHERE = { at: 'nowhere', refusal: 'session-not-found', reason: undefined } as const;

/** The two paths of {@link legacySse}. */
export interface LegacySseOptions extends MountOptions {
  /** The path on which a client opens its stream. @default '/sse' */
  readonly path?: string;
  /** The path that a client is told to post to. @default '/messages' */
  readonly messagesPath?: string;
  /**
   * What a proxy in front takes off the path of each request, such as `/tools`: clients are told to
   * post below it. What express has mounted the handler on is added by itself. @default ''
   */
  readonly prefix?: string;
}

/** What {@link LegacySseOptions} knows. */
const LEGACY_SSE_NAMES: NamesOf<LegacySseOptions> = {
  path: true,
  messagesPath: true,
  prefix: true,
  contain: true,
};

/**
 * Serves legacy SSE on `http.createServer`, or on express with `app.use`: other paths go on to
 * `next`. Arguments are those of {@link NodeHandler}.
 */
export type LegacySseHandler = (
  request: HostedRequest & { readonly baseUrl?: string },
  response: HostedResponse,
  parsedBody?: unknown,
  caller?: HostedCaller,
) => void;

/**
 * Serves clients of revision 2024-11-05 (row H1): a GET opens a stream whose first event says where
 * to post, and the answers come on the stream. Each stream has one session, with the machine and
 * the laws of any other, and the checks of `Host`, `Origin`, media type and body are those of
 * Streamable HTTP.
 *
 * The id in the posting address is of use to the stream's own principal only. It is no session id,
 * and a stream that is lost is not resumed.
 */
export function legacySse(
  runtime: Pick<Runtime, 'fetch'>,
  options: LegacySseOptions = {},
): LegacySseHandler {
  checkNames('legacySse', options, LEGACY_SSE_NAMES);
  const { path = '/sse', messagesPath = '/messages', prefix = '' } = options;
  if (prefix !== '' && !/^(\/[^/?#]+)+$/.test(prefix)) {
    throw new ActorsError(
      'bad-option',
      `prefix must be a path without an end slash, got ${prefix}`,
    );
  }
  const [route, messagesRoute] = [routeOf(path), routeOf(messagesPath)];
  const endpoint = endpointOf(runtime);
  containMounted(endpoint, options);
  const channels = new Map<string, Channel>();

  // A default, so that three arguments are declared: express takes four for an error handler.
  return (request, response, third, caller = {}) => {
    const pathname = routeOf(request.url);
    if (pathname !== route && pathname !== messagesRoute) return pass(response, third);
    const head = request as RequestHead;
    const { screen } = endpoint;
    const port = new NodePort(response, screen.cors(head));
    const preflight = screen.preflight(head);
    if (preflight !== undefined) return port.send(204, preflight);
    const found = foundOut(endpoint, port, request, third, caller);
    if (found === undefined) return;
    const { authInfo, parsedBody } = found;
    const inlet = new NodeBody(request, port, parsedBody);
    const isPost = pathname === messagesRoute;
    const method = isPost ? 'POST' : 'GET';
    if (head.method !== method && screen.admits(head) === undefined) {
      inlet.discard(false);
      count(endpoint.services.counters.refusals, 'method-not-allowed');
      const headers = ['Content-Type', 'application/json', 'Allow', method];
      return port.send(405, headers, refusalBody('method-not-allowed'));
    }
    const refused = isPost ? screen.checkPost(head) : screen.check(head);
    if (refused !== undefined) {
      endpoint.foreign(refused, head);
      return endpoint.drop(port, refused, inlet);
    }
    const origin = new NodeOrigin(request, authInfo);
    if (isPost) {
      const id = new URLSearchParams(queryOf(request.url)).get('sessionId');
      const known = endpoint.identify(origin);
      if (known.refusal === 'internal-error') return endpoint.drop(port, known.refusal, inlet);
      const channel = channels.get(id ?? '');
      // Another principal's channel is none.
      const own = channel?.principal === known.principal ? channel : undefined;
      const upload = uploadTo(endpoint, own, known.principal, declared(head));
      endpoint.receive(upload, port, inlet, (body) =>
        post(endpoint, own, origin, body, port, upload.number),
      );
      return;
    }
    inlet.discard(false);
    if (port.gone) return;
    const channel = openChannel(endpoint, origin, lineOn(port));
    if (typeof channel === 'string') return endpoint.refuse(port, channel);
    const { keepAlive } = endpoint.timers;
    const id = randomId();
    channels.set(id, channel);
    port.whenGone(() => {
      channels.delete(id);
      keepAlive.disarm(port);
      channel.left();
    });
    port.open(STREAM_HEADERS);
    port.write(endpointFrame(`${prefix}${request.baseUrl ?? ''}${messagesPath}?sessionId=${id}`));
    keepAlive.arm(port);
  };
}

/** The body of a POST to a channel of the caller's; `undefined` where it names none there is. */
function uploadTo(
  endpoint: Endpoint,
  channel: Channel | undefined,
  principal: string | undefined,
  bytes: number,
): Upload {
  const { services, uploads } = endpoint;
  const seek = (): Place => {
    if (channel?.isReachable !== true) return NOWHERE;
    return channel.session ?? endpoint.unnamed();
  };
  const host = { services, uploads, seek, failed: (error: unknown) => endpoint.failed(error) };
  return new Upload(host, undefined, principal, bytes, channel?.session ?? undefined);
}

/**
 * Takes a message for a channel whose client speaks by POST; answered on the channel (row H1).
 *
 * @param channel `undefined` where the request names no channel of the caller's
 */
function post(
  endpoint: Endpoint,
  channel: Channel | undefined,
  origin: Origin,
  body: Body,
  port: NodePort,
  upload: number | undefined,
): void {
  try {
    const parcel = readBody(body, endpoint.services.limits);
    if (typeof parcel === 'string') return endpoint.refuse(port, parcel);
    if (channel?.isReachable !== true) return endpoint.refuse(port, 'session-not-found');
    port.send(202, ['Content-Type', 'text/plain'], 'Accepted');
    channel.take(parcel, extraOf(origin), upload);
  } catch (error) {
    endpoint.refuse(port, endpoint.failed(error));
  }
}

/** The event stream under a channel. */
function lineOn(port: NodePort): Wire {
  return {
    carrier: 'sse',
    send: (json) => port.write(messageFrame(json)),
    // What a slow client has left unread is dropped with the connection.
    end: (reason) => (reason === 'too-slow' ? port.cut() : port.end()),
    get unread() {
      return port.unread;
    },
    drained: () => port.drained(),
    cut: () => port.cut(),
    whenGone: (callback) => port.whenGone(callback),
  };
}

function pass(response: HostedResponse, next: unknown): void {
  if (typeof next === 'function') next();
  else response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
}
