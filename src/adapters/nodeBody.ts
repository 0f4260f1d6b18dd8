import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { IncomingMessage } from 'node:http';
import type { Inlet } from '../http/endpoint.ts';
import type { Body } from '../wire/body.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { NodePort } from './nodePort.ts';

/** A request as hosts hand it on: with what their middleware found out. */
export type HostedRequest = IncomingMessage & { auth?: AuthInfo | undefined; body?: unknown };

/** How long a refused upload may go on before its connection is closed on it. */
const LINGER_MS = 1000;

/** The body of a request on node's http. */
export class NodeBody implements Inlet {
  readonly #request: IncomingMessage;
  readonly #port: NodePort;
  readonly #parsed: unknown;

  /** @param parsed what a host's parser has made of it, `undefined` where it is still to be read */
  constructor(request: IncomingMessage, port: NodePort, parsed: unknown) {
    this.#request = request;
    this.#port = port;
    this.#parsed = parsed;
  }

  read(maxBytes: number, take: (body: Body | RefusalCode) => void): void {
    if (this.#parsed !== undefined) take(bodyOf(this.#parsed));
    else readText(this.#request, maxBytes, take);
  }

  /** What is left of the body is read and thrown away, but not for long. */
  discard(code?: RefusalCode): void {
    const request = this.#request;
    request.resume();
    // A connection closed on a client that is still sending is reset, and takes the answer with it:
    // so the answer goes out now, and the end of it when the client has stopped.
    if (code === 'body-too-large' && !request.complete) this.#port.lingering(request, LINGER_MS);
  }
}

/** What a host's parser left: a value, or text and bytes that nobody has parsed yet. */
function bodyOf(body: unknown): Body {
  if (typeof body === 'string') return { text: body };
  if (body instanceof Uint8Array) return { text: Buffer.from(body).toString('utf8') };
  return { parsed: body };
}

function readText(
  request: IncomingMessage,
  maxBytes: number,
  take: (body: Body | RefusalCode) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (body: Body | RefusalCode): void => {
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    take(body);
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= maxBytes) return;
    request.pause();
    finish('body-too-large');
  };
  const onEnd = (): void => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    finish({ text: body.toString('utf8') });
  };
  const onClose = (): void => finish('body-incomplete');
  request.on('data', onData).on('end', onEnd).on('close', onClose);
  // The host's to hear of otherwise; an aborted upload is none of its business.
  request.on('error', () => {});
}
