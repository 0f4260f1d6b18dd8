import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a connection goes through, by how often: most are as they should be. */
const MANNERS = [
  [60, 'clean'],
  [10, 'chopped'],
  [10, 'slow'],
  [8, 'stalled'],
  [8, 'cut'],
  [4, 'half-closed'],
] as const;

type Manner = (typeof MANNERS)[number][1];

/** Longest pause of a stalled connection. */
const STALL_MS = 5000;
/** Most bytes that a cut connection carries to its client. */
const CUT_BYTES = 20_000;

/** A proxy for TCP that does to connections what networks do. */
export class FaultProxy {
  readonly counts: Record<Manner, number> = {
    clean: 0,
    chopped: 0,
    slow: 0,
    stalled: 0,
    cut: 0,
    'half-closed': 0,
  };
  readonly #server: Server;
  readonly #random: () => number;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();

  constructor(target: number, random: () => number) {
    this.#target = target;
    this.#random = random;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#carry(client));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
    const manner = this.#manner();
    this.counts[manner]++;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('end', () => server.end());
    client.pipe(server, { end: false });
    this.#answer(server, client, manner);
  }

  /** Carries what the server says, in the manner of the connection. */
  #answer(server: Socket, client: Socket, manner: Manner): void {
    switch (manner) {
      case 'clean':
        server.pipe(client);
        break;
      case 'chopped':
        client.setNoDelay(true);
        server.on('data', (chunk) => {
          const middle = Math.floor(this.#random() * chunk.length);
          client.write(chunk.subarray(0, middle));
          client.write(chunk.subarray(middle));
        });
        break;
      case 'slow':
        this.#paused(server, client, () => this.#random() * 200);
        break;
      case 'stalled':
        this.#paused(server, client, () => (this.#random() < 0.2 ? STALL_MS : 0));
        break;
      case 'cut':
        this.#cut(server, client, this.#random() * CUT_BYTES);
        break;
      case 'half-closed':
        server.pipe(client, { end: false });
        setTimeout(() => server.end(), this.#random() * 1000);
        break;
    }
    server.on('end', () => client.end());
  }

  /** Passes chunks on after a pause each, during which nothing more is read of the server. */
  #paused(server: Socket, client: Socket, pause: () => number): void {
    server.on('data', (chunk) => {
      server.pause();
      setTimeout(() => {
        client.write(chunk);
        server.resume();
      }, pause());
    });
  }

  #cut(server: Socket, client: Socket, bytes: number): void {
    let left = bytes;
    server.on('data', (chunk) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) client.resetAndDestroy();
    });
  }

  #manner(): Manner {
    let at = this.#random() * 100;
    for (const [share, manner] of MANNERS) if ((at -= share) < 0) return manner;
    return 'clean';
  }
}
