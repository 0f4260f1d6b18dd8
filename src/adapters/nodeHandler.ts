import type { ServerResponse } from 'node:http';
import { containMounted, type MountOptions } from './containMounted.ts';
import { endpointOf } from '../http/endpointOf.ts';
import type { Runtime } from '../runtime.ts';
import type { RequestHead } from '../wire/headers.ts';
import type { FetchContext } from '../http/fetch.ts';
import { type HostedRequest, NodeBody } from './nodeBody.ts';
import { NodePort } from './nodePort.ts';

/**
 * Serves MCP on `http.createServer`, express (`app.all(path, handler)`) and hosts that call
 * handlers the same way. A host that does not keep `auth` and `body` on the request gives them as
 * `context`; express gives its `next`.
 */
export type NodeHandler = (
  request: HostedRequest,
  response: ServerResponse,
  context?: FetchContext | ((error?: unknown) => void),
) => void;

/**
 * Serves a runtime on node's http: GET, POST and DELETE of the path that the host mounts it on.
 * Takes `request.auth` and `request.body` where the host has made them; `context` comes first.
 *
 * @throws ActorsError `bad-option`
 */
export function nodeHandler(
  runtime: Pick<Runtime, 'fetch'>,
  options: MountOptions = {},
): NodeHandler {
  const endpoint = endpointOf(runtime);
  containMounted(endpoint, options);
  return (request, response, context) => {
    const known = typeof context === 'object' ? context : {};
    const { authInfo = request.auth, parsedBody = request.body } = known;
    const head = request as RequestHead;
    const port = new NodePort(response, endpoint.screen.cors(head));
    const origin = { head, authInfo, request: undefined };
    endpoint.serve(origin, port, new NodeBody(request, port, parsedBody));
  };
}
