import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What is seen of a client: that a call of its is answered by a stream; that the call's stream, or the
 * GET stream, has brought something.
 */
export type Sight = 'call head' | 'call stream' | 'get stream';

/** As much of a request, or of a response, as is needed to know it. */
const HEAD_BYTES = 16 * 1024;

/**
 * A proxy between one client and a port. It passes bytes on as they are, cuts all connections when it
 * is told to, and sees which streams the client has open. It does not mind if nobody listens behind it.
 */
export class CuttingProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #events = new EventEmitter();
  readonly #seen = { 'call head': 0, 'call stream': 0, 'get stream': 0 };

  private constructor(server: Server, target: number) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    server.on('connection', (client) => this.#pass(client, target));
  }

  /** @param target the port behind it */
  static async open(target: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server, target);
  }

  /** How often it has been seen. */
  seen(sight: Sight): number {
    return this.#seen[sight];
  }

  /** Waits until it has been seen so many times. @returns whether it was, before the signal came */
  async until(sight: Sight, times: number, signal: AbortSignal): Promise<boolean> {
    try {
      while (this.#seen[sight] < times) await once(this.#events, sight, { signal });
      return true;
    } catch {
      return false;
    }
  }

  /** Cuts what is open, on both sides. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #pass(client: Socket, target: number): void {
    const server = connect(target, '127.0.0.1');
    const watch = new StreamWatch((sight) => {
      this.#seen[sight]++;
      this.#events.emit(sight);
    });
    client.on('data', (chunk) => watch.asked(chunk));
    client.pipe(server);
    server.pipe(client);
    // After the pipe: what is seen is on its way to the client.
    server.on('data', (chunk) => watch.answered(chunk));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroySoon();
      });
    }
  }
}

/** Looks at one connection of HTTP/1.1, whose requests come one after the other. */
class StreamWatch {
  readonly #see: (sight: Sight) => void;
  #request = '';
  #answer = '';

  constructor(see: (sight: Sight) => void) {
    this.#see = see;
  }

  asked(chunk: Buffer): void {
    if (this.#answer !== '') this.#request = this.#answer = '';
    this.#request = (this.#request + chunk.toString('latin1')).slice(0, HEAD_BYTES);
  }

  answered(chunk: Buffer): void {
    const before = partsOf(this.#answer);
    this.#answer = (this.#answer + chunk.toString('latin1')).slice(0, HEAD_BYTES);
    const after = partsOf(this.#answer);
    if (!/^content-type: text\/event-stream/im.test(this.#answer)) return;
    const isCall = this.#request.includes('"long-running"');
    if (isCall && after > 0 && before === 0) this.#see('call head');
    if (after < 2 || before === 2) return;
    if (isCall) this.#see('call stream');
    if (isGetStream(this.#request)) this.#see('get stream');
  }
}

/** How much of a message has come: nothing whole, its head, or something of its body as well. */
function partsOf(message: string): 0 | 1 | 2 {
  const end = message.indexOf('\r\n\r\n');
  if (end < 0) return 0;
  return message.length > end + 4 ? 2 : 1;
}

/** A GET that does not come back for the stream of a call: that of the GET stream is number 0. */
function isGetStream(request: string): boolean {
  if (!request.startsWith('GET ')) return false;
  const [, last] = /^last-event-id: (.*?)\r$/im.exec(request) ?? [];
  return last === undefined || last === '' || /_0_\d+$/.test(last);
}
