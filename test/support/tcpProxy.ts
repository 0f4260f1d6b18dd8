import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** Stands between a client and a server, and does what networks do. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Where new connections lead. */
  target: number;
  /** What is answered in the place of the server, to whatever comes. */
  answer: string | undefined;
  /** Hears what a client sends, before the server does. `true` keeps it from the server. */
  onRequest: (bytes: Buffer, near: Socket, far: Socket) => boolean = () => false;
  /** Hears what the server answers, before the client does. `true` keeps it from the client. */
  onAnswer: (bytes: Buffer, near: Socket) => boolean = () => false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
    server.on('connection', (near) => this.#join(near));
  }

  /** A proxy that ends with the test. */
  static async to(target: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      proxy.cut();
      server.close();
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  #join(near: Socket): void {
    const far = connect(this.target, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    near.on('data', (bytes) => {
      if (this.answer !== undefined) near.write(this.answer);
      else if (!this.onRequest(bytes, near, far)) far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (!this.onAnswer(bytes, near)) near.write(bytes);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
    }
  }
}
