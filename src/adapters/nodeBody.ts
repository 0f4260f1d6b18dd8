import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { IncomingMessage } from 'node:http';
import type { Inlet } from '../http/endpoint.ts';
import type { Body } from '../wire/body.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { NodePort } from './nodePort.ts';

/** A request as a host hands it on: with the caller and the body its middleware found. */
export type HostedRequest = IncomingMessage & { auth?: AuthInfo | undefined; body?: unknown };

/** How long a refused upload may go on before its connection is closed. */
const LINGER_MS = 1000;

/** The body of a request on node's http. */
export class NodeBody implements Inlet {
  readonly #request: IncomingMessage;
  readonly #port: NodePort;
  readonly #parsed: unknown;

  /** @param parsed what a host's parser has made of the body; `undefined` where none has read it */
  constructor(request: IncomingMessage, port: NodePort, parsed: unknown) {
    this.#request = request;
    this.#port = port;
    this.#parsed = parsed;
  }

  read(maxBytes: number, take: (body: Body | RefusalCode) => void): void {
    if (this.#parsed !== undefined) take(bodyOf(this.#parsed));
    else readText(this.#request, maxBytes, take);
  }

  /** Reads what is left of the body and throws it away, but not for long. */
  discard(code?: RefusalCode): void {
    const request = this.#request;
    request.resume();
    // Closing the connection while the client still sends would reset it, and the answer would be
    // lost: so the answer goes out now, and the end of it when the client has stopped.
    if (code === 'body-too-large' && !request.complete) this.#port.lingering(request, LINGER_MS);
  }
}

/** Makes a body of what a host's parser left: a value, or text and bytes not parsed yet. */
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
  // Without a listener, the error of an aborted upload would reach the host as unhandled.
  request.on('error', () => {});
}
