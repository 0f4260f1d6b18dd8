import type { AuthInfo } from '../wire/authInfo.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { ActorsError } from '../base/errors.ts';
import type { Endpoint } from '../http/endpoint.ts';
import type { FetchContext } from '../http/fetch.ts';
import type { ResponsePort } from '../wire/port.ts';

/** A request as a host hands it on: with the caller and the body its middleware found. */
export type HostedRequest = (IncomingMessage | Http2ServerRequest) & {
  auth?: AuthInfo | undefined;
  body?: unknown;
};

/** A response as a host hands it on: of node's http, or of its http/2 in the same form. */
export type HostedResponse = ServerResponse | Http2ServerResponse;

/** Who calls, for hosts that do not keep `auth` on the request. */
export type HostedCaller = Pick<FetchContext, 'authInfo'>;

/**
 * Gathers what a host has found out about a request. A context in place of the body is refused: a
 * body is the client's, and were the two told apart by their looks, a client would name its own
 * `authInfo`.
 *
 * @param third the body as the host's parser left it, or express's `next`
 * @returns `undefined` where the request has been refused
 */
export function foundOut(
  endpoint: Endpoint,
  port: ResponsePort,
  request: HostedRequest,
  third: unknown,
  { authInfo = request.auth }: HostedCaller,
): FetchContext | undefined {
  if (third === undefined || typeof third === 'function') {
    return { authInfo, parsedBody: request.body };
  }
  const isContext = ['authInfo', 'parsedBody'].some((name) => Object.hasOwn(Object(third), name));
  if (!isContext) return { authInfo, parsedBody: third };
  const text = 'the third argument of a handler is the body, { authInfo } the fourth';
  endpoint.refuse(port, endpoint.failed(new ActorsError('bad-option', text)));
  return undefined;
}
