import { connect, type Socket } from 'node:net';

import { HttpParser, type HttpReply } from './parser.ts';

type Done = (reply: HttpReply) => void;

/** One keep-alive socket with at most one request on its way. */
export class Connection {
  readonly #socket: Socket;
  readonly #parser = new HttpParser();
  #done: Done | undefined;
  #failed: ((error: Error) => void) | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The server closed a connection')));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((connected, failed) => {
      socket.once('connect', connected);
      socket.once('error', failed);
    });
    return new Connection(socket);
  }

  /** Callbacks and not a promise: the driver must cost less than any server it measures. */
  send(request: string, done: Done, failed: (error: Error) => void): void {
    if (this.#ended) return failed(new Error('The connection is closed'));
    this.#done = done;
    this.#failed = failed;
    this.#socket.write(request, 'latin1');
  }

  ask(request: string): Promise<HttpReply> {
    return new Promise((resolve, reject) => this.send(request, resolve, reject));
  }

  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    try {
      const reply = this.#parser.push(text);
      if (!reply) return;
      const done = this.#done;
      this.#done = undefined;
      done?.(reply);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.end();
    this.#failed?.(error);
  }
}

/**
 * Lends fresh connections and hangs up afterwards. Kept between rounds they would not live: a node
 * server closes a keep-alive connection after five idle seconds.
 */
export async function withConnections<T>(
  port: number,
  count: number,
  work: (connections: readonly Connection[]) => Promise<T>,
): Promise<T> {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(port)));
  try {
    return await work(connections);
  } finally {
    for (const connection of connections) connection.end();
  }
}
