import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export interface DoorOptions {
  /** Where other nodes reach this one; 0: any port that is free. */
  readonly port: number;
  readonly host: string;
  readonly maxPayload: number;
}

/** Where other nodes come in. */
export interface Door {
  readonly port: number;
  close(): void;
}

/** Opens a door of its own for nodes: no client of a session uses the port. @throws Error of the system */
export async function openDoor(
  { port, host, maxPayload }: DoorOptions,
  enter: (socket: WebSocket) => void,
): Promise<Door> {
  const server = new WebSocketServer({ port, host, maxPayload, perMessageDeflate: false });
  server.on('connection', (socket) => enter(quiet(socket)));
  await once(server, 'listening');
  // A connection that could not be accepted is its dialler's to hear of.
  server.on('error', () => {});
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** Begins a connection to another node. */
export function dial(url: string, maxPayload: number, handshakeTimeout: number): WebSocket {
  const options = { perMessageDeflate: false, followRedirects: false } as const;
  return quiet(new WebSocket(url, { ...options, maxPayload, handshakeTimeout }));
}

/** Each error of a socket is followed by its close. */
function quiet(socket: WebSocket): WebSocket {
  return socket.on('error', () => {});
}
