import type { ServerResponse } from 'node:http';
import type { ResponsePort } from '../wire/port.ts';

/** A response of node's http server, written to directly. */
export class NodePort implements ResponsePort {
  readonly #response: ServerResponse;
  readonly #extra: readonly string[];

  /** @param extra headers of every response, CORS where it is on */
  constructor(response: ServerResponse, extra: readonly string[]) {
    this.#response = response;
    this.#extra = extra;
  }

  send(status: number, headers: readonly string[], body?: string): void {
    const response = this.#response;
    if (response.headersSent) return;
    const length = body === undefined ? 0 : Buffer.byteLength(body);
    response.writeHead(status, [
      ...headers,
      ...this.#extra,
      ...(status === 204 ? [] : ['Content-Length', String(length)]),
    ]);
    response.end(body);
  }

  open(headers: readonly string[]): void {
    this.#response.writeHead(200, [...headers, ...this.#extra]);
    this.#response.flushHeaders();
  }

  write(frame: string): void {
    if (!this.gone) this.#response.write(frame);
  }

  end(): void {
    this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  get unread(): number {
    const { writableLength, socket } = this.#response;
    return Math.max(writableLength, socket?.writableLength ?? 0);
  }

  get gone(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  whenGone(callback: () => void): void {
    this.#response.once('close', callback);
  }
}
