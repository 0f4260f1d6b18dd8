import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { builtin } from '../base/builtin.ts';
import { headerObject } from '../wire/headers.ts';
import type { HostedRequest, HostedResponse } from './hosted.ts';
import { bytesIn, CHUNK_BYTES, chunksOf, SHORT_TEXT } from '../wire/chunks.ts';
import type { ResponsePort } from '../wire/port.ts';

/** What both have in common, and the stream that only one of http/2 has. */
type NodeResponse = ServerResponse & { readonly stream?: ServerHttp2Stream };

/** Node's own, as it was before anybody put another in its place. */
const own: unknown = Reflect.get(builtin('node:http')?.ServerResponse.prototype ?? {}, 'writeHead');
/** The code of http/2 for a stream that nobody needs any more (RFC 9113, 7). */
const CANCEL = 0x8;

/**
 * A response of node's http server as a port. What is short goes to the socket at once. What is
 * long goes chunk by chunk, each when the one before has left: so it is known what a slow client
 * has taken.
 */
export class NodePort implements ResponsePort {
  readonly #response: NodeResponse;
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
  constructor(response: HostedResponse, extra: readonly string[]) {
    // What differs between the two is in `nodeResponse.ts`.
    this.#response = response as NodeResponse;
    this.#extra = extra;
  }

  send(status: number, headers: readonly string[], body = ''): void {
    const response = this.#response;
    if (response.headersSent || this.gone) return;
    this.#isOver = true;
    const chunks = body.length > SHORT_TEXT ? chunksOf(body) : null;
    const length = chunks === null ? Buffer.byteLength(body) : bytesIn(chunks);
    beginResponse(response, status, [
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
  lingering(request: HostedRequest, ms: number): void {
    // A stream of http/2 ends without its connection.
    if (this.#response.stream !== undefined) return;
    this.#ends = (end) => {
      const timer = setTimeout(end, ms);
      request.once('close', () => {
        clearTimeout(timer);
        end();
      });
    };
  }

  open(headers: readonly string[]): void {
    const response = this.#response;
    if (response.headersSent || this.gone) return;
    gather(response);
    beginResponse(response, 200, [...headers, ...this.#extra]);
    response.flushHeaders();
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
    this.#isOver = true;
    this.#isCut = true;
    this.#drop();
    breakOff(this.#response);
  }

  get unread(): number {
    const response = this.#response;
    if (this.#isCut || isDestroyed(response) || isLineLost(response)) return 0;
    return this.#waiting + unsent(response);
  }

  drained(): Promise<void> {
    const hasRoom = this.#chunks === null && !needsDrain(this.#response);
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
    return this.#isOver || isOver(this.#response);
  }

  whenGone(callback: () => void): void {
    const response = this.#response;
    // A host may take its time before it hands a request on: where the client has left by then, no
    // event will say so again.
    if (isDestroyed(response) || isLineLost(response)) return callback();
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
    this.#response.once('drain', () => this.#onDrain());
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.whenGone(() => this.#drop());
  }

  #onDrain(): void {
    this.#isListening = false;
    if (this.#chunks !== null) this.#pump();
    if (this.#chunks === null) this.#release?.();
  }
}

/**
 * Lets a stream's head, its first event and an answer that is there already leave in one piece: what
 * is written until all has run that runs now, promises too, goes out together.
 */
function gather(response: NodeResponse): void {
  const { socket } = response;
  // A response behind another on its line has no socket yet, and one of http/2 shares its line.
  if (socket?.cork === undefined || response.stream !== undefined) return;
  // Not the response: uncorked, that writes each of its pieces for itself.
  socket.cork();
  queueMicrotask(() => {
    process.nextTick(() => {
      // The end of a response has let everything out.
      if (!response.writableEnded) socket.uncork();
    });
  });
}

/**
 * Writes the head of a response.
 *
 * @param headers names and values in turn
 */
function beginResponse(response: NodeResponse, status: number, headers: readonly string[]): void {
  // The flat form is node's fast one. What middleware puts in place of `writeHead` is written for
  // objects: `on-headers` before 1.1, in morgan and in Next, takes the list for pairs.
  if (Reflect.get(response, 'writeHead') === own) {
    response.writeHead(status, headers as string[]);
    return;
  }
  const { Connection, ...others } = headerObject(headers);
  // A connection of http/2 is not one response's to close (RFC 9113, 8.2.2).
  const isAllowed = Connection !== undefined && response.stream === undefined;
  response.writeHead(status, isAllowed ? { Connection, ...others } : others);
}

/** A response of http/2 has its fate from its stream. */
function isDestroyed({ destroyed, stream }: NodeResponse): boolean {
  return stream === undefined ? destroyed : stream.destroyed || stream.closed;
}

/** Nothing more can be written, or the line is lost. */
function isOver(response: NodeResponse): boolean {
  return response.writableEnded || isDestroyed(response) || isLineLost(response);
}

/** The line under a response is lost. A stream of http/2 is lost with its line. */
function isLineLost({ req, stream }: NodeResponse): boolean {
  return stream === undefined && req.socket.destroyed;
}

/** Bytes that wait for a socket with room, and in that socket; a line of http/2 is shared. */
function unsent({ writableLength, socket, stream }: NodeResponse): number {
  return Math.max(writableLength, stream === undefined ? (socket?.writableLength ?? 0) : 0);
}

/** The response has taken more than there is room for: it will emit `drain`. */
function needsDrain({ writableNeedDrain, stream }: NodeResponse): boolean {
  return stream?.writableNeedDrain ?? writableNeedDrain;
}

/** Drops a response with whatever of it is unread. */
function breakOff(response: NodeResponse): void {
  const { socket, req, writableFinished, stream } = response;
  // Destroyed without a code, a stream ends as if it were whole.
  if (stream !== undefined) return stream.close(CANCEL);
  // A response behind another one on its line has no socket yet, and its bytes go with the line.
  if (socket === null && !writableFinished) req.socket.destroy();
  response.destroy();
}
