import { checkNames } from '../base/optionNames.ts';
import { containMounted, MOUNT_NAMES, type MountOptions } from './containMounted.ts';
import { endpointOf } from '../http/endpointOf.ts';
import type { Runtime } from '../runtime.ts';
import type { RequestHead } from '../wire/headers.ts';
import { foundOut, type HostedCaller, type HostedRequest, type HostedResponse } from './hosted.ts';
import { NodeBody } from './nodeBody.ts';
import { NodeOrigin } from './nodeOrigin.ts';
import { NodePort } from './nodePort.ts';

/**
 * Serves MCP on `http.createServer`, `http2.createServer`, express (`app.all(path, handler)`) and
 * hosts that call handlers the same way. A host that does not keep the parsed body on the request
 * gives it as the third argument, as to the SDK's transport; express gives its `next` there.
 */
export type NodeHandler = (
  request: HostedRequest,
  response: HostedResponse,
  parsedBody?: unknown,
  caller?: HostedCaller,
) => void;

/**
 * Serves a runtime on node's http: GET, POST and DELETE of the path that the host mounts it on.
 * Takes `request.auth` and `request.body` where the host has made them; arguments come first.
 *
 * @throws ActorsError `bad-option`
 */
export function nodeHandler(
  runtime: Pick<Runtime, 'fetch'>,
  options: MountOptions = {},
): NodeHandler {
  checkNames('nodeHandler', options, MOUNT_NAMES);
  const endpoint = endpointOf(runtime);
  containMounted(endpoint, options);
  // A default, so that three arguments are declared: express takes four for an error handler.
  return (request, response, parsedBody, caller = {}) => {
    const head = request as RequestHead;
    const port = new NodePort(response, endpoint.screen.cors(head));
    const found = foundOut(endpoint, port, request, parsedBody, caller);
    if (found === undefined) return;
    const origin = new NodeOrigin(request, found.authInfo);
    endpoint.serve(origin, port, new NodeBody(request, port, found.parsedBody));
  };
}
