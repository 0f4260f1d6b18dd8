import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Response, ResponseReader } from './heard.ts';
import type { Scheduler } from './scheduler.ts';
import { SimSocket } from './simSocket.ts';

/** A connection of a client: what it sends comes in chunks, what it does not read stays behind. */
export class Line {
  readonly number: number;
  readonly user: string;
  /** Reads at once what comes. */
  readonly isQuick: boolean;
  readonly socket: SimSocket;
  readonly #scheduler: Scheduler;
  readonly #reader = new ResponseReader();
  /** What the kernels have taken and the client has not read. */
  #unread: string[] = [];
  /** What is on its way to the server, one after the other. */
  #sending: (() => void)[] = [];
  isOver = false;
  #hasConnected = false;

  /** @param room how much the kernels on the way take before the client reads; all where it is quick */
  constructor(scheduler: Scheduler, number: number, user: string, room: number) {
    this.number = number;
    this.user = user;
    this.isQuick = room === Infinity;
    this.#scheduler = scheduler;
    this.socket = new SimSocket(
      room,
      (bytes) => this.#took(bytes.toString('latin1')),
      () => this.#ended(),
    );
  }

  connect(server: Server): void {
    if (this.#hasConnected) return;
    this.#hasConnected = true;
    // node:http takes any duplex stream for a socket.
    server.emit('connection', this.socket as unknown as Socket);
  }

  /** How many requests wait for their whole response. */
  get waiting(): number {
    return this.#reader.waiting;
  }

  /** Sends a request, its bytes in some parts. */
  ask(server: Server, response: Response, parts: readonly string[]): void {
    if (this.isOver) return response.finish('cut');
    this.#reader.expect(response);
    for (const part of parts) {
      this.#send('chunk', () => {
        this.connect(server);
        this.socket.push(part, 'latin1');
      });
    }
  }

  /** Reads what has come, up to a number of bytes. @returns how many there were */
  read(bytes: number): number {
    let read = 0;
    while (read < bytes && this.#unread.length > 0) {
      const text = this.#unread.shift()!;
      const part = text.slice(0, bytes - read);
      if (part.length < text.length) this.#unread.unshift(text.slice(part.length));
      read += part.length;
      this.#reader.read(part);
    }
    if (read > 0 && !this.isOver) {
      this.#scheduler.add(`line ${this.number} drains`, () => this.socket.makeRoom(read));
    }
    return read;
  }

  /** Sends nothing more. */
  halfClose(): void {
    this.#send('half-close', () => this.socket.push(null));
  }

  /** Is gone. */
  reset(): void {
    if (this.isOver) return;
    this.#sending = [];
    this.#over();
    this.#scheduler.add(`line ${this.number} closed`, () => this.socket.destroy());
  }

  /** The process at its other end is dead. */
  die(): void {
    this.#sending = [];
    this.#over();
  }

  #took(text: string): void {
    if (this.isOver) return;
    if (this.isQuick) this.#reader.read(text);
    else this.#unread.push(text);
  }

  #ended(): void {
    if (this.isOver) return;
    // What came before the end is read before it.
    for (const text of this.#unread.splice(0)) this.#reader.read(text);
    this.#over();
  }

  #over(): void {
    this.isOver = true;
    this.#unread = [];
    this.#reader.over();
  }

  #send(what: string, send: () => void): void {
    this.#sending.push(send);
    if (this.#sending.length === 1) this.#next(what);
  }

  #next(what: string): void {
    this.#scheduler.add(`line ${this.number} ${what}`, () => {
      this.#sending.shift()?.();
      if (this.#sending.length > 0) this.#next('chunk');
    });
  }
}
