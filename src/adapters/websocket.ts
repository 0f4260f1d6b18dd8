import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../endpoint.ts';
import { ActorsError } from '../errors.ts';
import { endpointOf } from '../runtime.ts';
import { count } from '../stats.ts';
import type { RequestHead } from '../wire/headers.ts';
import { type Refusal, refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import { claimUpgrades, refuseUpgrade } from './upgrades.ts';
import { createAcceptor, WebSocketLine } from './webSocketLine.ts';

export { CLOSE_CODES, type CloseCode } from './closeCodes.ts';

/**
 * Finds out who asks for a WebSocket, before there is one. `undefined` is the anonymous caller; to
 * refuse, throw: the answer is 401, and what was thrown is announced as `endpoint.failed`.
 */
export type Authenticate = (
  request: IncomingMessage,
) => AuthInfo | undefined | Promise<AuthInfo | undefined>;

export interface WebSocketOptions {
  /** Whose upgrade requests these are; its other paths and other listeners are left alone. */
  readonly server: Server | HttpsServer;
  /** @default '/mcp' */
  readonly path?: string;
  /** Must settle within `handshakeTimeoutMs`. Without it, every caller is anonymous. */
  readonly authenticate?: Authenticate;
  /** Between pings; who has not answered one by the next is cut. `Infinity` sends none. @default 30 s */
  readonly pingMs?: number;
}

/** The WebSockets of one path. */
export interface WebSocketDoor {
  readonly path: string;
  /**
   * Takes no more sockets and ends the sessions of those there are, each when its work in flight is
   * done. @param options deadlineMs until that is cut; the runtime's `closeTimeoutMs` by default
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
export function serveWebSocket(runtime: object, options: WebSocketOptions): WebSocketDoor {
  const { server, path = '/mcp', authenticate, pingMs = 30_000 } = options;
  if (!(pingMs > 0)) {
    throw new ActorsError('bad-option', `pingMs must be a number > 0 or Infinity, got ${pingMs}`);
  }
  const endpoint = endpointOf(runtime);
  const { services } = endpoint;
  const { settings, deadlines } = services;
  const acceptor = createAcceptor(settings.maxBodyBytes);
  const lines = new Set<WebSocketLine>();
  const pings = deadlines.queue<WebSocketLine>(pingMs, (line) => line.ping());
  const unidentified = deadlines.queue<Duplex>(settings.handshakeTimeoutMs, (socket) => {
    refuse(endpoint, socket, 'unauthorized');
  });

  const accept = (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    authInfo: AuthInfo | undefined,
  ): void => {
    const line = new WebSocketLine(services, pings);
    const channel = endpoint.open({ head: request as RequestHead, authInfo }, line);
    if (typeof channel === 'string') return refuse(endpoint, socket, channel);
    acceptor.handleUpgrade(request, socket, head, (webSocket) => {
      line.attach(webSocket, channel);
      lines.add(line);
      webSocket.on('close', () => lines.delete(line));
    });
    // `ws` has answered a bad key or version by now, and given no socket.
    if (!line.isOpen) channel.left();
  };

  const identify = async (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    who: Authenticate,
  ): Promise<void> => {
    unidentified.arm(socket);
    const found = await attempt(() => who(request));
    unidentified.disarm(socket);
    // It left, or its time was over.
    if (socket.destroyed || !socket.writable) return;
    if ('authInfo' in found) return accept(request, socket, head, found.authInfo);
    services.events.emit('endpoint.failed', found);
    refuse(endpoint, socket, 'unauthorized');
  };

  const release = claimUpgrades(server, path, (request, socket, head) => {
    // Nobody else listens to a socket that node has handed over.
    socket.on('error', () => socket.destroy());
    const foreign = endpoint.admits(request as RequestHead);
    if (foreign !== undefined) return refuse(endpoint, socket, foreign);
    if (authenticate === undefined) return accept(request, socket, head, undefined);
    if (unidentified.size < settings.maxHandshakes) {
      void identify(request, socket, head, authenticate);
      return;
    }
    count(services.counters.limits, 'maxHandshakes');
    refuse(endpoint, socket, 'at-capacity');
  });

  let closed: Promise<void> | undefined;
  const close = async (deadlineMs: number): Promise<void> => {
    release();
    const gone = new Promise<void>((resolve) => acceptor.close(() => resolve()));
    for (const line of lines) line.finish();
    const timer = settings.clock.setTimeout(() => {
      for (const line of lines) line.cut();
    }, deadlineMs);
    await gone;
    settings.clock.clearTimeout(timer);
  };
  return {
    path,
    close: ({ deadlineMs = settings.closeTimeoutMs } = {}) => (closed ??= close(deadlineMs)),
    [Symbol.asyncDispose]: () => (closed ??= close(settings.closeTimeoutMs)),
  };
}

function refuse({ services }: Endpoint, socket: Duplex, code: RefusalCode): void {
  count(services.counters.refusals, code);
  const { status, headers = [] }: Refusal = REFUSALS[code];
  const json = ['Content-Type', 'application/json', ...headers];
  refuseUpgrade(socket, status, json, refusalBody(code));
}

async function attempt(
  find: () => ReturnType<Authenticate>,
): Promise<{ authInfo: AuthInfo | undefined } | { error: unknown }> {
  try {
    return { authInfo: await find() };
  } catch (error) {
    return { error };
  }
}
