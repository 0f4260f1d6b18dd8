import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Handlers {
  /** Answers a body, or not yet. */
  readonly post: (body: string, session: string, response: ServerResponse) => void;
  /** Whether there was such a session. */
  readonly remove: (session: string) => boolean;
}

const sessionOf = ({ headers }: IncomingMessage): string => String(headers['mcp-session-id']);

/** The least of an HTTP server: no checks, no limits. */
export async function listen({ post, remove }: Handlers): Promise<number> {
  const server = createServer((request, response) => {
    const session = sessionOf(request);
    if (request.method === 'DELETE') {
      response.writeHead(remove(session) ? 200 : 404).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => post(Buffer.concat(chunks).toString(), session, response));
  });
  return listenOn(server);
}

/** @returns the port */
export async function listenOn(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

export function json(response: ServerResponse, message: object): void {
  const body = JSON.stringify(message);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** An answer as an event stream of one event, in one write. */
export function eventStream(response: ServerResponse, message: object): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.end(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}
