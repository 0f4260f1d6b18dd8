import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { endpointOf } from '../runtime.ts';
import type { Runtime } from '../runtime.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Body } from '../wire/body.ts';
import type { RequestHead } from '../wire/headers.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { FetchContext } from './fetch.ts';
import { NodePort } from './nodePort.ts';

/** A request as hosts hand it on: with what their middleware found out. */
type HostedRequest = IncomingMessage & { auth?: AuthInfo | undefined; body?: unknown };

/**
 * Mounts on `http.createServer`, express (`app.all(path, handler)`) and whatever speaks the same.
 * Hosts that keep what they found out elsewhere hand it on as `context`; express hands on its `next`.
 */
export type NodeHandler = (
  request: HostedRequest,
  response: ServerResponse,
  context?: FetchContext | ((error?: unknown) => void),
) => void;

/** How long a refused upload may go on before its connection is closed on it. */
const LINGER_MS = 1000;

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
    if (refused !== undefined) {
      refuse(endpoint, request, port, refused);
      return;
    }
    const origin = { head, authInfo, request: undefined };
    if (request.method !== 'POST') {
      request.resume();
      endpoint.handle(origin, undefined, port);
    } else if (parsedBody !== undefined) {
      endpoint.handle(origin, bodyOf(parsedBody), port);
    } else {
      readText(request, endpoint.maxBodyBytes, (text, code) => {
        if (code !== undefined) refuse(endpoint, request, port, code);
        else endpoint.handle(origin, { text }, port);
      });
    }
  };
}

/** What a host's parser left: a value, or text and bytes that nobody has parsed yet. */
function bodyOf(body: unknown): Body {
  if (typeof body === 'string') return { text: body };
  if (body instanceof Uint8Array) return { text: Buffer.from(body).toString('utf8') };
  return { parsed: body };
}

/** Refuses; what is left of the body is read and thrown away, but not for long. */
function refuse(
  endpoint: Endpoint,
  request: IncomingMessage,
  port: NodePort,
  code: RefusalCode,
): void {
  request.resume();
  if (code !== 'body-too-large' || request.complete) {
    endpoint.refuse(port, code);
    return;
  }
  // A connection closed on a client that is still sending is reset, and takes the answer with it:
  // so the answer goes out now, and the end of it when the client has stopped.
  endpoint.refuse(port.lingering(request, LINGER_MS), code);
}

function readText(
  request: IncomingMessage,
  maxBytes: number,
  done: (text: string, code?: RefusalCode) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (text: string, code?: RefusalCode): void => {
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    done(text, code);
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= maxBytes) return;
    request.pause();
    finish('', 'body-too-large');
  };
  const onEnd = (): void => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    finish(body.toString('utf8'));
  };
  const onClose = (): void => finish('', 'body-incomplete');
  request.on('data', onData).on('end', onEnd).on('close', onClose);
  // The host's to hear of otherwise; an aborted upload is none of its business.
  request.on('error', () => {});
}
