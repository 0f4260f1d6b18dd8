import { once } from 'node:events';
import {
  createServer,
  get,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** How often a node is asked whether it is ready, and how long it may take. */
const CHECK_MS = 250;
const PATIENCE_MS = 1000;

export interface Target {
  readonly name: string;
  readonly port: number;
}

/** Says by which node a response came. */
export const BY = 'x-came-by';

/**
 * The plainest load balancer: each request to the next node that is ready, whatever session it is of. A
 * node that refuses the connection is passed over; a request that was sent is never sent again.
 */
export class Balancer {
  readonly #server: Server;
  readonly #targets: Target[];
  readonly #ready = new Set<Target>();
  #checks: NodeJS.Timeout | undefined;
  #next = 0;

  private constructor(targets: readonly Target[]) {
    this.#targets = [...targets];
    this.#server = createServer((incoming, response) => this.#pass(incoming, response));
  }

  /** Resolves when all are ready. */
  static async start(targets: readonly Target[]): Promise<Balancer> {
    const balancer = new Balancer(targets);
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    await balancer.allReady();
    balancer.#checks = setInterval(() => void balancer.#check(), CHECK_MS);
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** How many nodes are ready. */
  get ready(): number {
    return this.#ready.size;
  }

  /** Requests go to more nodes. Resolves when all are ready. */
  async add(targets: readonly Target[]): Promise<void> {
    this.#targets.push(...targets);
    await this.allReady();
  }

  async allReady(): Promise<void> {
    while (this.#ready.size < this.#targets.length) await this.#check();
  }

  close(): void {
    clearInterval(this.#checks);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #check(): Promise<void> {
    await Promise.all(
      this.#targets.map(async (target) => {
        if (await isReady(target)) this.#ready.add(target);
        else this.#ready.delete(target);
      }),
    );
  }

  #pass(incoming: IncomingMessage, response: ServerResponse, tried = 0): void {
    const all = this.#targets;
    // Where none is ready, all are asked: a node that has lost the others may be back in a moment.
    const ready = this.#ready.size === 0 ? all : all.filter((each) => this.#ready.has(each));
    const target = ready[this.#next++ % ready.length];
    if (target === undefined || tried > 2 * all.length) {
      response.writeHead(503, { 'retry-after': '1' }).end('No node is ready');
      return;
    }
    const { headers, method, url } = incoming;
    const onward = request({
      host: '127.0.0.1',
      port: target.port,
      path: url,
      method,
      headers: { ...headers, connection: 'close' },
      agent: false,
    });
    let isConnected = false;
    onward.once('socket', (socket) =>
      socket.once('connect', () => {
        isConnected = true;
        incoming.pipe(onward);
      }),
    );
    onward.once('response', (answer) => {
      const { connection: _, ...own } = answer.headers;
      response.writeHead(answer.statusCode!, { ...own, [BY]: target.name });
      // The head of a stream leaves before its first event.
      response.flushHeaders();
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    onward.once('error', () => {
      if (!isConnected) {
        this.#ready.delete(target);
        return this.#pass(incoming, response, tried + 1);
      }
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end('The node is gone');
    });
    response.once('close', () => onward.destroy());
  }
}

function isReady({ port }: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/readyz', agent: false };
    const asked = get({ ...options, timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
  });
}
