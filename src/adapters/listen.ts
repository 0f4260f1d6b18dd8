import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where an http server listens, beside node's own options for it. */
export interface ListenOptions extends ServerOptions {
  /** Port number; 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  readonly maxConnections: number;
}

/** An http server that listens. */
export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** The server's address as `http://host:port`; all addresses are shown as loopback. */
  readonly origin: string;
  /**
   * Stops listening at once. Where there is a grace, `lastWork` begins when what had arrived is answered,
   * or a moment later. Connections are cut when `lastWork` is done, or `graceMs` milliseconds later
   * where they are still in use. Resolves when no connection is left.
   */
  close(lastWork?: () => Promise<unknown>, graceMs?: number): Promise<void>;
}

/** How long a request may take that came just before the port was shut: mostly to another process. */
const LINGER_MS = 250;

/** Where this machine itself reaches a server that listens on all addresses. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Opens an http server. Listeners added right after the promise hear the first connection.
 *
 * @throws whatever `listen` meets: `EADDRINUSE`, `EACCES`
 */
export async function listen(
  { port, host, maxConnections, ...options }: ListenOptions,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const server = createServer(options, answer);
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const name = LOOPBACK[host] ?? host;
  return {
    server,
    port: bound,
    origin: `http://${name.includes(':') ? `[${name}]` : name}:${bound}`,
    async close(lastWork, graceMs = 0) {
      const stopped = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      if (graceMs > 0) await passed(stopped, Math.min(graceMs, LINGER_MS));
      await lastWork?.();
      server.closeIdleConnections();
      const cut = (): void => server.closeAllConnections();
      const timer = graceMs > 0 ? setTimeout(cut, graceMs) : cut();
      await stopped;
      clearTimeout(timer ?? undefined);
    },
  };
}

/** Resolves when something is over, at the latest after a time. */
async function passed(over: Promise<unknown>, withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
  await Promise.race([over, late]);
  clearTimeout(timer);
}

/** Answers a request that nothing is there for. */
export function notFound(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
}
