import { type WebSocket, WebSocketServer } from 'ws';
import type { Channel, Wire } from './channel.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Services } from '../events/services.ts';
import { count } from '../events/counters.ts';
import { CLOSE_CODES } from './closeCodes.ts';

export type Acceptor = Pick<WebSocketServer, 'handleUpgrade' | 'close'>;

const SUBPROTOCOL = 'mcp';

/** How long a client may take to answer a close frame before its socket is destroyed. */
const CLOSE_HANDSHAKE_MS = 2000;

/** Makes WebSockets of upgrade requests that have been admitted. No other adapter uses `ws`. */
export function createAcceptor(maxPayload: number): Acceptor {
  const options = {
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    closeTimeout: CLOSE_HANDSHAKE_MS,
    handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  } as const;
  return new WebSocketServer(options);
}

/** One WebSocket under a channel. */
export class WebSocketLine implements Wire {
  readonly carrier = 'websocket';
  readonly #services: Services;
  readonly #pings: DeadlineQueue<WebSocketLine>;
  #socket: WebSocket | null = null;
  #channel: Channel | null = null;
  #hasPonged = true;
  /** Callers of `drained` that wait for the client to take what was sent. */
  readonly #waiting = new Set<() => void>();
  /** Told when the socket is closed: what was unread is gone with it. */
  #onGone: (() => void) | null = null;

  constructor(services: Services, pings: DeadlineQueue<WebSocketLine>) {
    this.#services = services;
    this.#pings = pings;
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  attach(socket: WebSocket, channel: Channel): void {
    this.#socket = socket;
    this.#channel = channel;
    socket.on('message', (data, isBinary) => {
      // A Buffer, because `binaryType` was left alone; `ws` has checked that it is UTF-8.
      if (!isBinary) return channel.receive((data as Buffer).toString('utf8'));
      this.end('binary-frame');
      channel.left();
    });
    socket.on('pong', () => (this.#hasPonged = true));
    // For a fault of the protocol, `ws` has closed the socket with the code of the fault.
    socket.on('error', () => channel.left());
    socket.on('close', () => {
      this.#pings.disarm(this);
      this.#flush();
      channel.left();
      this.#onGone?.();
    });
    this.#pings.arm(this);
  }

  send(json: string): void {
    this.#socket?.send(json, this.#taken);
    // A client that does not read is not read from: what it asked for would only pile up.
    if (this.unread > this.#services.limits.maxStreamBytes) this.#socket?.pause();
  }

  end(why: keyof typeof CLOSE_CODES): void {
    const { code, reason } = CLOSE_CODES[why];
    this.#socket?.close(code, reason);
    // A paused client would not be heard to answer the close frame.
    this.#socket?.resume();
  }

  get unread(): number {
    const socket = this.#socket;
    return socket === null || socket.readyState === socket.CLOSED ? 0 : socket.bufferedAmount;
  }

  whenGone(callback: () => void): void {
    this.#onGone = callback;
  }

  /** Drops the client, with whatever it has not read. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** Ends the session when work in flight is answered. */
  finish(): void {
    this.#channel?.finish('drained');
  }

  /** Ends a session whose finishing took too long. */
  giveUp(): void {
    this.#channel?.cut();
  }

  /** Pings the client, or cuts it where it did not answer the last ping. */
  ping(): void {
    if (this.#hasPonged) {
      this.#hasPonged = false;
      this.#socket?.ping();
      this.#pings.arm(this);
      return;
    }
    const { counters, events } = this.#services;
    count(counters.limits, 'pingMs');
    events.emit('limit', { session: this.#channel?.session?.key, limit: 'pingMs' });
    this.#socket?.terminate();
  }

  drained(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  readonly #taken = (): void => {
    if (this.unread > this.#services.limits.maxStreamBytes / 2) return;
    this.#socket?.resume();
    this.#flush();
  };

  #flush(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
