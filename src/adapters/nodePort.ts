import type { IncomingMessage, ServerResponse } from 'node:http';
import { bytesIn, CHUNK_BYTES, chunksOf, SHORT_TEXT } from '../wire/chunks.ts';
import type { ResponsePort } from '../wire/port.ts';

/**
 * A response of node's http server as a port. What is short goes to the socket at once. What is
 * long goes chunk by chunk, each when the one before has left: so it is known what a slow client
 * has taken.
 */
export class NodePort implements ResponsePort {
  readonly #response: ServerResponse;
  readonly #extra: readonly string[];
  /** Chunks for which the socket has no room yet; `null` where there is none. */
  #chunks: Uint8Array[] | null = null;
  #waiting = 0;
  #isOver = false;
  #isCut = false;
  /** The next `drain` of the response is waited for. */
  #isListening = false;
  /** The end of the response is waited for. */
  #isWatching = false;
  #drained: Promise<void> | null = null;
  #release: (() => void) | null = null;
  #ends: ((end: () => void) => void) | null = null;

  /** @param extra headers of every response, CORS where it is on */
  constructor(response: ServerResponse, extra: readonly string[]) {
    this.#response = response;
    this.#extra = extra;
  }

  send(status: number, headers: readonly string[], body = ''): void {
    const response = this.#response;
    if (response.headersSent || this.gone) return;
    this.#isOver = true;
    const chunks = body.length > SHORT_TEXT ? chunksOf(body) : null;
    const length = chunks === null ? Buffer.byteLength(body) : bytesIn(chunks);
    response.writeHead(status, [
      ...headers,
      ...this.#extra,
      ...(status === 204 ? [] : ['Content-Length', String(length)]),
    ]);
    const [only] = chunks ?? [body];
    if (chunks !== null && chunks.length > 1) this.#put(chunks);
    else if (this.#ends === null) response.end(only);
    else {
      response.write(only);
      this.#finish();
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
    if (this.#response.headersSent || this.gone) return;
    this.#response.writeHead(200, [...headers, ...this.#extra]);
    this.#response.flushHeaders();
  }

  write(frame: string): void {
    const response = this.#response;
    if (this.gone || !response.headersSent) return;
    // A few short texts may wait as they are: more of them would cost more than they count.
    const isShort = frame.length + response.writableLength <= SHORT_TEXT;
    if (isShort && this.#chunks === null) response.write(frame);
    else this.#put(chunksOf(frame));
  }

  end(): void {
    if (this.gone || !this.#response.headersSent) return;
    this.#isOver = true;
    if (this.#chunks === null) this.#finish();
    // A response that ends on a client which does not read may never drain.
    this.#release?.();
  }

  cut(): void {
    const { socket, req, writableFinished } = this.#response;
    this.#isOver = true;
    this.#isCut = true;
    this.#drop();
    // A response behind another one on its line has no socket yet, and its bytes go with the line.
    if (socket === null && !writableFinished) req.socket.destroy();
    this.#response.destroy();
  }

  get unread(): number {
    const { writableLength, socket, destroyed, req } = this.#response;
    if (this.#isCut || destroyed || req.socket.destroyed) return 0;
    return this.#waiting + Math.max(writableLength, socket?.writableLength ?? 0);
  }

  drained(): Promise<void> {
    const hasRoom = this.#chunks === null && !this.#response.writableNeedDrain;
    if (hasRoom || this.gone) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      this.#release = () => {
        this.#drained = null;
        this.#release = null;
        resolve();
      };
      this.#listen();
    });
    return this.#drained;
  }

  get gone(): boolean {
    const { writableEnded, destroyed, req } = this.#response;
    return this.#isOver || writableEnded || destroyed || req.socket.destroyed;
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

  /** Writes chunks behind those that wait. */
  #put(chunks: readonly Uint8Array[]): void {
    this.#waiting += bytesIn(chunks);
    if (this.#chunks !== null) return void this.#chunks.push(...chunks);
    this.#chunks = [...chunks];
    this.#pump();
  }

  /** Writes the chunks that wait, while the socket has less than one to send. */
  #pump(): void {
    const response = this.#response;
    for (let next = this.#chunks?.shift(); next !== undefined; next = this.#chunks?.shift()) {
      this.#waiting -= next.byteLength;
      const hasRoom = response.write(next) || response.writableLength < CHUNK_BYTES;
      if (!hasRoom && this.#chunks?.length !== 0) return this.#listen();
    }
    this.#chunks = null;
    if (this.#isOver) this.#finish();
  }

  #finish(): void {
    const response = this.#response;
    if (this.#ends === null) response.end();
    else this.#ends(() => response.end());
  }

  #drop(): void {
    this.#chunks = null;
    this.#waiting = 0;
    this.#release?.();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#response.once('drain', this.#onDrain);
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.whenGone(() => this.#drop());
  }

  readonly #onDrain = (): void => {
    this.#isListening = false;
    if (this.#chunks !== null) this.#pump();
    if (this.#chunks === null) this.#release?.();
  };
}
