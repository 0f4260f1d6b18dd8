import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResponsePort } from '../wire/port.ts';

/** A response of node's http server as a port, written to directly. */
export class NodePort implements ResponsePort {
  readonly #response: ServerResponse;
  readonly #extra: readonly string[];
  #drained: Promise<void> | null = null;
  #release: (() => void) | null = null;
  #ends: ((end: () => void) => void) | null = null;

  /** @param extra headers of every response, CORS where it is on */
  constructor(response: ServerResponse, extra: readonly string[]) {
    this.#response = response;
    this.#extra = extra;
  }

  send(status: number, headers: readonly string[], body?: string): void {
    const response = this.#response;
    if (response.headersSent) return;
    const bytes = bytesOf(body ?? '');
    response.writeHead(status, [
      ...headers,
      ...this.#extra,
      ...(status === 204 ? [] : ['Content-Length', String(Buffer.byteLength(bytes))]),
    ]);
    if (this.#ends === null) response.end(bytes);
    else {
      response.write(bytes);
      this.#ends(() => response.end());
    }
  }

  /** Ends a whole answer only when the request has been read, or after `ms` milliseconds. */
  lingering(request: IncomingMessage, ms: number): void {
    this.#ends = (end) => {
      const timer = setTimeout(end, ms);
      request.once('close', () => {
        clearTimeout(timer);
        end();
      });
    };
  }

  open(headers: readonly string[]): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, [...headers, ...this.#extra]);
    this.#response.flushHeaders();
  }

  write(frame: string): void {
    if (!this.gone && this.#response.headersSent) this.#response.write(bytesOf(frame));
  }

  end(): void {
    this.#response.end();
    // A response that ends on a client which does not read may never drain.
    this.#release?.();
  }

  cut(): void {
    const { socket, req, writableFinished } = this.#response;
    // A response behind another one on its line has no socket yet, and its bytes go with the line.
    if (socket === null && !writableFinished) req.socket.destroy();
    this.#response.destroy();
  }

  get unread(): number {
    const { writableLength, socket } = this.#response;
    return Math.max(writableLength, socket?.writableLength ?? 0);
  }

  drained(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      const response = this.#response;
      const done = (): void => {
        response.off('drain', done);
        this.#drained = null;
        resolve();
      };
      const isFirst = this.#release === null;
      this.#release = done;
      if (isFirst) this.whenGone(() => this.#release?.());
      response.on('drain', done);
    });
    return this.#drained;
  }

  get gone(): boolean {
    const { writableEnded, destroyed, req } = this.#response;
    return writableEnded || destroyed || req.socket.destroyed;
  }

  whenGone(callback: () => void): void {
    const response = this.#response;
    // A host may take its time before it hands a request on: where the client has left by then, no
    // event will say so again.
    if (response.destroyed) return callback();
    if (response.socket !== null) return void response.once('close', callback);
    // A response that is pipelined behind another has no socket yet and would not hear of its end.
    // Many responses may wait on one socket.
    const socket = response.req.socket.setMaxListeners(0);
    const onClose = (): void => {
      response.off('close', onClose);
      socket.off('close', onClose);
      callback();
    };
    response.once('close', onClose);
    socket.once('close', onClose);
  }
}

/** Texts above this many characters are written as bytes. */
const LONG_TEXT = 16 * 1024;

/**
 * A text as node should hold it while its client does not read: a string that waits to be written
 * costs itself and three bytes a character, a buffer costs its bytes.
 */
function bytesOf(text: string): string | Buffer {
  return text.length > LONG_TEXT ? Buffer.from(text) : text;
}
