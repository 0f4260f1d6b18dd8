import { once } from 'node:events';
import http from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import type { Rpc } from './reply.ts';

/** A WebSocket client of which a test decides every message. */
export class WebSocketPeer {
  readonly socket: WebSocket;
  readonly messages: Rpc[] = [];
  /** How the server closed; 1006 where it said nothing. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #ids = 0;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => {
      this.messages.push(JSON.parse((data as Buffer).toString()) as Rpc);
      for (const look of this.#waiting) look();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Rejects where the upgrade is refused. */
  static async open(url: string, options: ClientOptions = {}): Promise<WebSocketPeer> {
    const peer = new WebSocketPeer(new WebSocket(url, 'mcp', options));
    await once(peer.socket, 'open');
    return peer;
  }

  /** A peer whose handshake is complete. */
  static async connect(url: string, options?: ClientOptions): Promise<WebSocketPeer> {
    const peer = await WebSocketPeer.open(url, options);
    await peer.initialize();
    peer.say({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return peer;
  }

  initialize(): Promise<Rpc> {
    return this.ask('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'peer', version: '1' },
    });
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The answer to a request. */
  ask(method: string, params: Record<string, unknown> = {}): Promise<Rpc> {
    const id = ++this.#ids;
    this.say({ jsonrpc: '2.0', id, method, params });
    return this.heard((message) => message.id === id && message.method === undefined);
  }

  /** The first message, now or later, that satisfies a test. */
  heard(test: (message: Rpc) => boolean): Promise<Rpc> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.messages.find(test);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** What an upgrade request is answered with that is not granted. */
export interface RefusedUpgrade {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Asks for a WebSocket and is refused; rejects where it is granted. */
export function refusedUpgrade(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RefusedUpgrade> {
  return new Promise((resolve, reject) => {
    const request = http.get(url.replace('ws:', 'http:'), {
      agent: false,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Protocol': 'mcp',
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('the upgrade was granted'));
    });
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
  });
}
