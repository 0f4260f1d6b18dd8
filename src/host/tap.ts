import { cut } from '../base/cut.ts';
import { randomId } from '../base/ids.ts';
import { isSessionLost } from '../base/lostSession.ts';
import { BoundedMap } from '../base/boundedMap.ts';
import type { LogEntry, ProgressEntry } from '../events/journal.ts';
import {
  isObject,
  isRequest,
  isResponse,
  kindOf,
  MAX_NAME_LENGTH,
  type Message,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
} from '../wire/jsonrpc.ts';
import { textOf } from '../wire/verbatim.ts';

/** One message of a client to its server, or `in` of that server: sizes, never contents. */
export interface RpcEntry extends LogEntry {
  /** The name the client was connected under. */
  readonly client: string;
}

/** The last progress of a request that a client of a scope waits for. */
export interface RpcProgress extends ProgressEntry {
  /** The name the client was connected under. */
  readonly client: string;
}

/** A client's transport, of the SDK v1 or v2: the members that a tap needs. */
export interface ClientTransport {
  send(message: never, options?: never): Promise<void>;
  close(): Promise<void>;
  onmessage?: ((message: never, extra?: never) => void) | undefined;
  onclose?: (() => void) | undefined;
}

/** Hears what passes through a tap, and of the progress of the client's requests. */
export interface TapHost {
  saw(entry: Omit<RpcEntry, 'at' | 'client'>): void;
  progressed(token: RequestId, progress: number, total: number | undefined): void;
  /** The request is over, whatever its progress was. */
  finished(token: RequestId): void;
  /** The connection ended, and the client had not closed it. */
  lost(): void;
}

/** The one question of a tap's own. No client can know its id. */
const PING: RequestMessage = { jsonrpc: '2.0', id: `host-${randomId()}`, method: 'ping' };

interface Loose extends Pick<ClientTransport, 'close' | 'onclose'> {
  send(message: Message, options?: unknown): Promise<void>;
  onmessage?: ((message: Message, extra?: unknown) => void) | undefined;
}

/**
 * Makes a transport that is listened to. It is a proxy, because clients ask transports for members
 * of their own that a wrapper with a fixed list would not have.
 */
export function tap<T extends ClientTransport>(transport: T, host: TapHost): T {
  const inner = transport as Loose;
  const calls = new FollowedCalls(host);
  const heard = { onmessage: inner.onmessage, onclose: inner.onclose };
  let isClosing = false;
  const lost = (): void => {
    if (!isClosing) host.lost();
    isClosing = true;
  };
  const members: Partial<Loose> = {
    async send(message, options) {
      note(host, calls, 'out', message);
      try {
        await inner.send(message, options);
      } catch (error) {
        // On HTTP there is no connection to be lost, but a session that the server has forgotten.
        const { sessionId } = transport as { readonly sessionId?: string };
        const ping = (): Promise<void> => inner.send(PING);
        if (sessionId !== undefined && (await isSessionLost(error, ping))) lost();
        throw error;
      }
    },
    close() {
      isClosing = true;
      return inner.close();
    },
  };
  inner.onmessage = (message, extra) => {
    if (isResponse(message) && message.id === PING.id) return;
    note(host, calls, 'in', message);
    heard.onmessage?.(message, extra);
  };
  inner.onclose = () => {
    calls.clear();
    heard.onclose?.();
    lost();
  };
  return new Proxy(transport, {
    get(target, name) {
      if (Object.hasOwn(heard, name)) return heard[name as keyof typeof heard];
      if (Object.hasOwn(members, name)) return members[name as keyof typeof members];
      const value: unknown = Reflect.get(target, name);
      const isMethod = typeof value === 'function' && name !== 'constructor';
      return isMethod ? (value.bind(target) as unknown) : value;
    },
    set(target, name, value) {
      if (Object.hasOwn(heard, name)) return Reflect.set(heard, name, value);
      return Reflect.set(target, name, value);
    },
  });
}

function note(host: TapHost, calls: FollowedCalls, direction: 'in' | 'out', message: Message) {
  const { kind, method } = kindOf(message);
  const bytes = textOf(message)?.length ?? 0;
  if (isResponse(message) && direction === 'in') calls.finish(message.id);
  // A foreign server gives its messages any names it likes.
  host.saw({ direction, kind, method: method && cut(method, MAX_NAME_LENGTH), bytes });
  if (isResponse(message)) return;
  if (direction === 'out') calls.sent(message);
  else if (method === 'notifications/progress') calls.progressed(message);
}

/** Requests of one client followed at once: a server that never answers would fill the memory. */
const MAX_FOLLOWED = 256;

/** Requests of one client that asked for progress and have no answer yet. */
class FollowedCalls {
  readonly #host: TapHost;
  readonly #tokens: BoundedMap<RequestId, RequestId>;

  constructor(host: TapHost) {
    this.#host = host;
    this.#tokens = new BoundedMap(MAX_FOLLOWED, (token) => host.finished(token));
  }

  /** Notes a request of the client, or a cancellation of one. */
  sent(message: RequestMessage | NotificationMessage): void {
    const { params = {} } = message;
    if (message.method === 'notifications/cancelled') this.finish(params['requestId'] as RequestId);
    const meta = params['_meta'];
    const token = isObject(meta) ? (meta['progressToken'] as RequestId | undefined) : undefined;
    if (isRequest(message) && token !== undefined) this.#tokens.set(message.id, token);
  }

  /** Notes progress the server tells of. Progress that no request asked for is ignored. */
  progressed({ params = {} }: NotificationMessage | RequestMessage): void {
    const { progressToken, progress, total } = params;
    for (const token of this.#tokens.values()) {
      if (token !== progressToken || typeof progress !== 'number') continue;
      this.#host.progressed(token, progress, typeof total === 'number' ? total : undefined);
      return;
    }
  }

  finish(id: RequestId): void {
    const token = this.#tokens.get(id);
    if (token === undefined) return;
    this.#tokens.delete(id);
    this.#host.finished(token);
  }

  clear(): void {
    for (const id of this.#tokens.keys()) this.finish(id);
  }
}
