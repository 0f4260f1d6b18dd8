import type { ServerResponse } from 'node:http';
import { endUpload } from '../session/upload.ts';
import { endpointOf } from '../runtime.ts';
import type { Body } from '../wire/body.ts';
import type { Runtime } from '../runtime.ts';
import type { RequestHead } from '../wire/headers.ts';
import type { FetchContext } from '../http/fetch.ts';
import { type HostedRequest, refuse, takeBody } from './nodeBody.ts';
import { NodePort } from './nodePort.ts';

/**
 * Mounts on `http.createServer`, express (`app.all(path, handler)`) and whatever speaks the same.
 * Hosts that keep what they found out elsewhere hand it on as `context`; express hands on its `next`.
 */
export type NodeHandler = (
  request: HostedRequest,
  response: ServerResponse,
  context?: FetchContext | ((error?: unknown) => void),
) => void;

/**
 * Serves a runtime on node's http: GET, POST and DELETE of one path, whichever the host mounts it
 * on. Takes `request.auth` and `request.body` where the host has already made them, and prefers
 * what comes as `context`.
 */
export function nodeHandler(runtime: Pick<Runtime, 'fetch'>): NodeHandler {
  const endpoint = endpointOf(runtime);
  return (request, response, context) => {
    const known = typeof context === 'object' ? context : {};
    const { authInfo = request.auth, parsedBody = request.body } = known;
    const head = request as RequestHead;
    const port = new NodePort(response, endpoint.cors(head));
    if (endpoint.preflight(head, port)) return;
    const refused = endpoint.screen(head);
    if (refused !== undefined) return refuse(endpoint, request, port, refused);
    const origin = { head, authInfo, request: undefined };
    if (request.method !== 'POST') {
      request.resume();
      endpoint.handle(origin, undefined, port);
    } else {
      const upload = parsedBody === undefined ? endpoint.awaitBody(origin) : undefined;
      const take = (body: Body): void => endpoint.handle(origin, body, port, upload);
      takeBody(endpoint, request, port, parsedBody, take, () => endUpload(upload));
    }
  };
}
