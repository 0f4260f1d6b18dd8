import type { EventEmitter } from 'node:events';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ActorsError } from '../base/errors.ts';
import { headerPairs } from '../wire/headers.ts';
import { routeOf } from '../wire/target.ts';

/** What node's `upgrade` event hands over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

type UpgradeListener = (upgrade: Upgrade) => void;

interface Claims {
  readonly paths: Map<string, UpgradeListener>;
  readonly stop: () => void;
}

const claims = new WeakMap<EventEmitter, Claims>();

/**
 * Gives the upgrade requests of one path to a listener.
 *
 * One real listener stands for all paths of a server, so it knows when no path claims a request,
 * and refuses the request. Where other code listens for upgrades too, the request may be meant for
 * that code and is left alone.
 *
 * @returns how to give the path back
 * @throws ActorsError `bad-option` for a path that is taken
 */
export function claimUpgrades(
  server: EventEmitter,
  path: string,
  listener: UpgradeListener,
): () => void {
  const { paths, stop } = claims.get(server) ?? listen(server);
  const route = routeOf(path);
  if (paths.has(route)) {
    throw new ActorsError('bad-option', `path must be free, got ${JSON.stringify(path)} again`);
  }
  paths.set(route, listener);
  return () => {
    if (paths.get(route) !== listener) return;
    paths.delete(route);
    if (paths.size === 0) stop();
  };
}

function listen(server: EventEmitter): Claims {
  const paths = new Map<string, UpgradeListener>();
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const listener = paths.get(routeOf(request.url));
    if (listener !== undefined) {
      hearErrors(socket);
      listener({ request, socket, head });
    } else if (server.listenerCount('upgrade') === 1) {
      refuseUpgrade(socket, 404, ['Content-Type', 'text/plain'], 'Not found\n');
    }
  };
  const stop = (): void => {
    server.off('upgrade', onUpgrade);
    claims.delete(server);
  };
  const claim = { paths, stop };
  claims.set(server, claim);
  server.on('upgrade', onUpgrade);
  return claim;
}

/** Answers an upgrade in plain HTTP and closes the socket. @param headers names, values in turn */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  headers: readonly string[],
  body: string,
): void {
  hearErrors(socket);
  socket.once('finish', () => socket.destroy());
  const all = [...headers, 'Content-Length', `${Buffer.byteLength(body)}`, 'Connection', 'close'];
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const [name, value] of headerPairs(all)) text += `${name}: ${value}\r\n`;
  socket.end(`${text}\r\n${body}`);
}

/** Node no longer listens to a socket it has handed over: an error would be unhandled. */
function hearErrors(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
}
