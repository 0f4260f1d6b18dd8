import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { atEndOfTurn } from './endOfTurn.ts';

/** For how long a server that sends its clients away answers as before, in milliseconds. */
const NOTICE_MS = 1000;

/** The connections of a server, which can be sent away without a request that is lost. */
export class Connections {
  readonly #server: Server;
  readonly #clock: Clock;
  /** The last response of each connection. */
  readonly #responses = new Map<Socket, ServerResponse>();
  #areSentAway = false;

  constructor(server: Server, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    server.on('connection', (socket: Socket) => {
      socket.once('close', () => this.#responses.delete(socket));
    });
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      if (this.#areSentAway) response.setHeader('Connection', 'close');
      else this.#responses.set(socket, response);
    });
  }

  /**
   * Takes no more connections: they come to other processes. Those that are there end with their next
   * answer, and where none is asked for within a second. A client that asks in the very moment in which
   * its idle connection ends sees that connection break, as with any server of HTTP.
   */
  async sendAway(): Promise<void> {
    // What http closes at once are connections on which a request may be on its way.
    Server.prototype.close.call(this.#server);
    this.#areSentAway = true;
    for (const [socket, response] of this.#responses) endAfter(socket, response);
    await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, NOTICE_MS));
    // What has arrived while this process was busy is read before its connection counts as idle.
    await new Promise<void>(atEndOfTurn);
    (this.#server as Partial<HttpServer>).closeIdleConnections?.();
  }
}

function endAfter(socket: Socket, response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
  else if (!response.writableFinished) response.once('finish', () => socket.end());
}
