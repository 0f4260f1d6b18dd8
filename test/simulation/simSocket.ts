import { Duplex } from 'node:stream';

/**
 * The server's end of a connection whose kernel buffers are as large as a test says. `node:http`
 * speaks on it as on any socket; bytes leave only while there is room.
 */
export class SimSocket extends Duplex {
  /** Bytes that the kernels on the way still take. */
  #room: number;
  #chunk: Buffer | null = null;
  #taken = 0;
  #told: ((error?: Error | null) => void) | null = null;
  readonly #toClient: (bytes: Buffer) => void;
  readonly #over: () => void;

  /**
   * @param room how much the kernels on the way take before the client reads
   * @param toClient given what the kernels took
   * @param over called when the connection is over, whoever ended it
   */
  constructor(room: number, toClient: (bytes: Buffer) => void, over: () => void) {
    super({ allowHalfOpen: true });
    this.#room = room;
    this.#toClient = toClient;
    this.#over = over;
    this.on('error', () => {});
  }

  // What node's http asks of a socket beside its stream.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  /** As a socket of node: what was written leaves, and then the connection is over. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /**
   * The world of the connection is over, and nobody closes what was open in it: node's http would keep
   * the connection, and with that its whole server, for as long as the process lives.
   */
  forget(): void {
    const { parser } = this as { parser?: { remove(): void; close(): void } | null };
    parser?.remove();
    parser?.close();
    this.removeAllListeners();
  }

  /** The client has read, so there is room. */
  makeRoom(bytes: number): void {
    this.#room += bytes;
    this.#flow();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: string, told: (error?: Error | null) => void): void {
    this.#begin(chunk, told);
  }

  override _writev(chunks: { chunk: Buffer }[], told: (error?: Error | null) => void): void {
    this.#begin(Buffer.concat(chunks.map(({ chunk }) => chunk)), told);
  }

  override _final(told: (error?: Error | null) => void): void {
    told();
    this.#over();
  }

  override _destroy(error: Error | null, told: (error?: Error | null) => void): void {
    const pending = this.#told;
    this.#chunk = null;
    this.#told = null;
    told(error);
    // As a kernel does it: what was not taken is given back.
    pending?.(error ?? new Error('the socket is closed'));
    this.#over();
  }

  #begin(chunk: Buffer, told: (error?: Error | null) => void): void {
    this.#chunk = chunk;
    this.#taken = 0;
    this.#told = told;
    this.#flow();
  }

  #flow(): void {
    if (this.#chunk === null) return;
    const bytes = Math.min(this.#room, this.#chunk.length - this.#taken);
    const part = this.#chunk.subarray(this.#taken, this.#taken + bytes);
    this.#room -= bytes;
    this.#taken += bytes;
    if (bytes > 0) this.#toClient(part);
    if (this.#taken < this.#chunk.length) return;
    const told = this.#told!;
    this.#chunk = null;
    this.#told = null;
    told();
  }
}
