import { connect, type Socket } from 'node:net';

import { type Answer, echoMessage, INITIALIZE, INITIALIZED, isEcho, isWelcome } from './client.ts';

const TEXT = 0x81;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
/** That of the RFC's example: nobody is to be convinced of anything here. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

type Done = () => void;
type Failed = (error: Error) => void;

interface Waiting {
  readonly isIt: (answer: Answer) => boolean;
  readonly done: Done;
  readonly failed: Failed;
}

/**
 * One session over one WebSocket: the least of RFC 6455 that a driver needs, for messages below 64
 * KiB in ASCII. Frames are masked with a key of zeros, which leaves their bytes as they are.
 */
export class WebSocketSession {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #pending = '';
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The server closed a WebSocket')));
  }

  /** Upgrades a connection of its own and opens the session. */
  static async open(port: number): Promise<WebSocketSession> {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    const head = await new Promise<string>((said, failed) => {
      socket.once('data', said);
      socket.once('error', failed);
      socket.once('close', () => failed(new Error('The server refused a WebSocket')));
      socket.write(
        `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
          `Connection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
    if (!head.startsWith('HTTP/1.1 101') || !head.endsWith('\r\n\r\n')) {
      throw new Error(`Wrong answer to an upgrade: ${head}`);
    }
    const session = new WebSocketSession(socket);
    await new Promise<void>((done, failed) => {
      session.#ask(0, INITIALIZE, isWelcome, done, failed);
    });
    session.#write(TEXT, INITIALIZED);
    return session;
  }

  /** Calls `echo`; the answer is checked. Of the calls of one session several may be on their way. */
  call(id: number, text: string, done: Done, failed: Failed): void {
    this.#ask(id, echoMessage(id, text), (answer) => isEcho(answer, id, text), done, failed);
  }

  /** Closes as a client does, and waits for the server's end. */
  close(): Promise<void> {
    return new Promise((closed) => {
      this.#ended = true;
      this.#socket.once('close', () => closed());
      this.#write(CLOSE, '');
    });
  }

  /** Hangs up. */
  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #ask(id: number, message: string, isIt: Waiting['isIt'], done: Done, failed: Failed): void {
    if (this.#ended) return failed(new Error('The WebSocket is closed'));
    this.#waiting.set(id, { isIt, done, failed });
    this.#write(TEXT, message);
  }

  #write(kind: number, payload: string): void {
    const { length } = payload;
    const size =
      length < 126
        ? String.fromCharCode(0x80 | length)
        : String.fromCharCode(0xfe, length >> 8, length & 0xff);
    this.#socket.write(`${String.fromCharCode(kind)}${size}\0\0\0\0${payload}`, 'latin1');
  }

  #receive(text: string): void {
    let all = this.#pending + text;
    try {
      for (;;) {
        const start = all.charCodeAt(1) === 126 ? 4 : 2;
        if (all.length < start) break;
        const size = start === 2 ? all.charCodeAt(1) : (all.charCodeAt(2) << 8) | all.charCodeAt(3);
        if (start === 2 && size > 125) throw new Error('A frame too long for this driver');
        if (all.length < start + size) break;
        this.#take(all.charCodeAt(0), all.slice(start, start + size));
        all = all.slice(start + size);
      }
      this.#pending = all;
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #take(kind: number, payload: string): void {
    if (kind === PING) this.#write(PONG, payload);
    else if (kind === CLOSE) this.#socket.end();
    else if (kind === TEXT) {
      const answer = JSON.parse(payload) as Answer;
      const waiting = answer.id === undefined ? undefined : this.#waiting.get(answer.id);
      if (!waiting?.isIt(answer)) throw new Error(`A wrong answer over a WebSocket: ${payload}`);
      // Known by the line above to be a number.
      this.#waiting.delete(answer.id as number);
      waiting.done();
    } else throw new Error(`A frame of kind ${kind}`);
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.end();
    for (const { failed } of this.#waiting.values()) failed(error);
  }
}
