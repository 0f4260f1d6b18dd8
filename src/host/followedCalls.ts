import { BoundedMap } from '../base/boundedMap.ts';
import type { ProgressEntry } from '../events/journal.ts';
import {
  isObject,
  isRequest,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
} from '../wire/jsonrpc.ts';

/** The last progress of a request that a client of a scope waits for. */
export interface RpcProgress extends ProgressEntry {
  /** The name the client was connected under. */
  readonly client: string;
}

/** Hears of the progress of one client's requests. */
export interface ProgressHost {
  progressed(token: RequestId, progress: number, total: number | undefined): void;
  /** The request is over, whatever its progress was. */
  finished(token: RequestId): void;
}

/** Requests of one client followed at once: a server that never answers would fill the memory. */
const MAX_FOLLOWED = 256;

/** Requests of one client that asked for progress and have no answer yet. */
export class FollowedCalls {
  readonly #host: ProgressHost;
  readonly #tokens: BoundedMap<RequestId, RequestId>;

  constructor(host: ProgressHost) {
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
