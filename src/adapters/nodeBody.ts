import { isPromise } from '../base/awaitable.ts';
import { GatheredBytes } from '../base/gatheredBytes.ts';
import type { Inlet } from '../http/endpoint.ts';
import type { Gate } from '../http/upload.ts';
import type { Body } from '../wire/body.ts';
import { isEncoded } from '../wire/headers.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { bodyConsumed } from '../http/bodyConsumed.ts';
import type { HostedRequest } from './hosted.ts';
import type { NodePort } from './nodePort.ts';

/** How long a refused upload may go on before its connection is closed. */
const LINGER_MS = 1000;

/** The body of a request on node's http. */
export class NodeBody implements Inlet {
  readonly #request: HostedRequest;
  readonly #port: NodePort;
  readonly #parsed: unknown;

  /** @param parsed what a host's parser has made of the body; `undefined` where none has read it */
  constructor(request: HostedRequest, port: NodePort, parsed: unknown) {
    this.#request = request;
    this.#port = port;
    this.#parsed = parsed;
  }

  /** @throws ActorsError `body-consumed` */
  read(gate: Gate, take: (body: Body | RefusalCode) => void): void {
    const request = this.#request;
    if (this.#parsed !== undefined && !isLeft(this.#parsed, request)) {
      return take(bodyOf(this.#parsed));
    }
    const coding = request.headers['content-encoding'];
    if (coding !== undefined && isEncoded(coding)) return take('body-encoded');
    // The end of a body comes once: whoever waits for it now would wait for ever. Middleware that
    // looks at a part and puts the part back leaves something to read.
    const isLost = request.readableEnded || request.readableLength === 0;
    if (request.readableDidRead && isLost) throw bodyConsumed();
    readText(request, gate, take);
  }

  /** Reads what is left of the body and throws it away, but not for long where `closes`. */
  discard(closes: boolean): void {
    const request = this.#request;
    request.resume();
    // Closing the connection while the client still sends would reset it, and the answer would be
    // lost: so the answer goes out now, and the end of it when the client has stopped.
    if (closes && !request.complete) this.#port.lingering(request, LINGER_MS);
  }
}

/**
 * Whether a parser has left the body alone: those of express 4 put an empty object in its place.
 * What stands in for node's request, and does not say whether it was read, has been.
 */
function isLeft(
  parsed: unknown,
  { readableDidRead, readableEnded }: Partial<HostedRequest>,
): boolean {
  if (typeof parsed !== 'object' || parsed === null || readableEnded === true) return false;
  return readableDidRead === false && Object.keys(parsed).length === 0;
}

/** Makes a body of what a host's parser left: a value, or text and bytes not parsed yet. */
function bodyOf(body: unknown): Body {
  if (typeof body === 'string') return { text: body };
  if (body instanceof Uint8Array) return { text: textOf(body) };
  return { parsed: body };
}

function readText(
  request: HostedRequest,
  gate: Gate,
  take: (body: Body | RefusalCode) => void,
): void {
  if (request.readableEnded) return take({ text: '' });
  // The client left before anybody read.
  if (request.destroyed) return take('body-incomplete');
  const body = new GatheredBytes();
  let isOver = false;
  const finish = (result: Body | RefusalCode): void => {
    if (isOver) return;
    isOver = true;
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    take(result);
  };
  const decided = (code: RefusalCode | undefined): void => {
    if (code !== undefined) finish(code);
    else if (!isOver) request.resume();
  };
  const onData = (data: Buffer | string): void => {
    // Middleware has set an encoding.
    const chunk = typeof data === 'string' ? Buffer.from(data, request.readableEncoding!) : data;
    // Most bodies come in one piece: those are never held here while they are on their way.
    if (isWhole(request, chunk)) return finish({ text: textOf(chunk) });
    body.add(chunk);
    const verdict = gate.grew(chunk.length);
    if (verdict === undefined || isOver) return;
    request.pause();
    if (isPromise(verdict)) verdict.then(decided).catch(() => finish('internal-error'));
    else finish(verdict);
  };
  const onEnd = (): void => finish({ text: textOf(body.take()) });
  const onClose = (): void => finish('body-incomplete');
  gate.onCut = (code) => {
    request.pause();
    finish(code);
  };
  request.on('data', onData).on('end', onEnd).on('close', onClose);
  // Without a listener, the error of an aborted upload would reach the host as unhandled.
  request.on('error', ignore);
}

/** Not written where it is given: a request in flight would hold all that its body was read with. */
function ignore(): void {}

/** Whether a chunk is the body that the head has declared, to its last byte. */
function isWhole({ headers }: HostedRequest, { length }: Buffer): boolean {
  return headers['content-length'] === String(length);
}

/** Decodes UTF-8 without a copy of the bytes. */
function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('utf8');
}
