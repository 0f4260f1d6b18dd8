import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { ActorsError } from '../base/errors.ts';
import { endpointOf } from '../http/endpointOf.ts';
import type { Runtime } from '../runtime.ts';
import { count } from '../events/counters.ts';
import type { RequestHead } from '../wire/headers.ts';
import { type Refusal, refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import { containMounted, type MountOptions } from './containMounted.ts';
import { openChannel } from './channel.ts';
import { NodeOrigin } from './nodeOrigin.ts';
import { claimUpgrades, refuseUpgrade, type Upgrade } from './upgrades.ts';
import { type Acceptor, createAcceptor, WebSocketLine } from './webSocketLine.ts';

export { CLOSE_CODES, type CloseCode } from './closeCodes.ts';

/**
 * Finds out who the caller is, before there is a WebSocket. `undefined` is the anonymous caller. To
 * refuse a caller, throw: the answer is 401, and the error is announced as `endpoint.failed`.
 */
export type Authenticate = (
  request: IncomingMessage,
) => AuthInfo | undefined | Promise<AuthInfo | undefined>;

/** Where {@link serveWebSocket} takes upgrade requests, and from whom. */
export interface WebSocketOptions extends MountOptions {
  /** The server whose upgrade requests are taken; other paths and listeners are left alone. */
  readonly server: Server | HttpsServer;
  /** Path of the WebSockets. @default '/mcp' */
  readonly path?: string;
  /** Authenticates callers, within `handshakeTimeoutMs`. Without it, every caller is anonymous. */
  readonly authenticate?: Authenticate;
  /** Time between pings; a client that missed one is cut. `Infinity` sends none. @default 30 s */
  readonly pingMs?: number;
}

/** What {@link WebSocketOptions} knows. */
const WEB_SOCKET_NAMES: NamesOf<WebSocketOptions> = {
  server: true,
  path: true,
  authenticate: true,
  pingMs: true,
  contain: true,
};

/** The WebSockets on one path of a server. */
export interface WebSocketDoor {
  readonly path: string;
  /**
   * Takes no more sockets and ends the sessions of open ones, each when its work in flight is done.
   *
   * @param options deadlineMs until work is cut; the runtime's `closeTimeoutMs` by default
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a runtime over WebSockets: one session for each socket, with the machine, the laws and the
 * caps of any other. There is no session id on the wire and nothing to resume.
 *
 * `Host` and `Origin`, the caller and the caps are checked before the upgrade, and refused in plain
 * HTTP. How sockets are closed says {@link CLOSE_CODES}.
 *
 * @throws ActorsError `bad-option`
 */
export function serveWebSocket(
  runtime: Pick<Runtime, 'fetch'>,
  options: WebSocketOptions,
): WebSocketDoor {
  checkNames('serveWebSocket', options, WEB_SOCKET_NAMES);
  const endpoint = endpointOf(runtime);
  const door = new UpgradeDoor(endpoint, options);
  containMounted(endpoint, options);
  return door;
}

class UpgradeDoor implements WebSocketDoor {
  readonly path: string;
  readonly #endpoint: Endpoint;
  readonly #authenticate: Authenticate | undefined;
  readonly #acceptor: Acceptor;
  readonly #lines = new Set<WebSocketLine>();
  readonly #pings: DeadlineQueue<WebSocketLine>;
  /** Sockets whose caller `authenticate` is still finding out. */
  readonly #unidentified: DeadlineQueue<Duplex>;
  readonly #release: () => void;
  #closed: Promise<void> | undefined;

  constructor(endpoint: Endpoint, options: WebSocketOptions) {
    const { server, path = '/mcp', authenticate, pingMs = 30_000 } = options;
    if (!(pingMs > 0)) {
      throw new ActorsError('bad-option', `pingMs must be a number > 0 or Infinity, got ${pingMs}`);
    }
    const { limits, deadlines } = endpoint.services;
    this.path = path;
    this.#endpoint = endpoint;
    this.#authenticate = authenticate;
    this.#acceptor = createAcceptor(limits.maxBodyBytes);
    this.#pings = deadlines.queue(pingMs, (line) => line.ping());
    this.#unidentified = deadlines.queue(limits.handshakeTimeoutMs, (socket) =>
      this.#refuse(socket, 'unauthorized'),
    );
    this.#release = claimUpgrades(server, path, (upgrade) => this.#screen(upgrade));
  }

  close({ deadlineMs = this.#endpoint.services.limits.closeTimeoutMs } = {}): Promise<void> {
    return (this.#closed ??= this.#close(deadlineMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Refuses what can be refused before `authenticate` is called (row T1). */
  #screen(upgrade: Upgrade): void {
    const { services, screen } = this.#endpoint;
    const head = upgrade.request as RequestHead;
    const foreign = screen.admits(head);
    if (foreign !== undefined) {
      this.#endpoint.foreign(foreign, head);
      this.#refuse(upgrade.socket, foreign);
    } else if (this.#authenticate === undefined) this.#accept(upgrade, undefined);
    else if (this.#unidentified.size < services.limits.maxSilentConnections) {
      this.#identify(upgrade, this.#authenticate).catch((error: unknown) => {
        this.#endpoint.failed(error);
        upgrade.socket.destroy();
      });
    } else {
      services.tripped('maxSilentConnections');
      this.#refuse(upgrade.socket, 'at-capacity');
    }
  }

  async #identify(upgrade: Upgrade, authenticate: Authenticate): Promise<void> {
    const { request, socket } = upgrade;
    this.#unidentified.arm(socket);
    const [found] = await Promise.allSettled([(async () => authenticate(request))()]);
    this.#unidentified.disarm(socket);
    // The client left, or the time for `authenticate` was over.
    if (socket.destroyed || !socket.writable) return;
    if (found.status === 'fulfilled') return this.#accept(upgrade, found.value);
    this.#endpoint.services.events.emit('endpoint.failed', { error: found.reason });
    this.#refuse(socket, 'unauthorized');
  }

  #accept({ request, socket, head }: Upgrade, authInfo: AuthInfo | undefined): void {
    const line = new WebSocketLine(this.#endpoint.services, this.#pings);
    const channel = openChannel(this.#endpoint, new NodeOrigin(request, authInfo), line);
    if (typeof channel === 'string') return this.#refuse(socket, channel);
    this.#acceptor.handleUpgrade(request, socket, head, (webSocket) => {
      line.attach(webSocket, channel);
      this.#lines.add(line);
      webSocket.on('close', () => this.#lines.delete(line));
    });
    // `ws` has answered a bad key or version by now, and given no socket.
    if (!line.isOpen) channel.left();
  }

  #refuse(socket: Duplex, code: RefusalCode): void {
    count(this.#endpoint.services.counters.refusals, code);
    const { status, headers = [] }: Refusal = REFUSALS[code];
    const json = ['Content-Type', 'application/json', ...headers];
    refuseUpgrade(socket, status, json, refusalBody(code));
  }

  async #close(deadlineMs: number): Promise<void> {
    const { clock } = this.#endpoint.services;
    this.#release();
    const gone = new Promise<void>((resolve) => this.#acceptor.close(() => resolve()));
    for (const line of this.#lines) line.finish();
    const timer = clock.setTimeout(() => {
      for (const line of this.#lines) line.giveUp();
    }, deadlineMs);
    await gone;
    clock.clearTimeout(timer);
  }
}
