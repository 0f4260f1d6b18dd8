import { Ring } from '../base/ring.ts';
import type { Services } from '../events/services.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { RpcProgress } from './followedCalls.ts';
import type { RpcEntry, TapHost } from './tap.ts';

/** What a scope's log needs of the scope. */
export interface RpcLogHost {
  readonly key: string;
  readonly services: Services;
  now(): number;
  tellSubscribers(kind: 'rpc' | 'progress', data: unknown): void;
}

/** Keeps a scope's last messages with its servers, and the progress of requests. */
export class RpcLog {
  readonly #actor: RpcLogHost;
  #entries: Ring<RpcEntry> | null = null;
  /** A table of progress for each client: two clients may use the same token. */
  readonly #progress = new Set<Map<RequestId, RpcProgress>>();

  constructor(actor: RpcLogHost) {
    this.#actor = actor;
  }

  get entries(): RpcEntry[] {
    return this.#entries?.toArray() ?? [];
  }

  get progress(): RpcProgress[] {
    return Array.from(this.#progress).flatMap((table) => Array.from(table.values()));
  }

  /** Makes the writer of the messages and progress of one client. */
  clientOf(client: string): Omit<TapHost, 'lost'> {
    const actor = this.#actor;
    const table = new Map<RequestId, RpcProgress>();
    return {
      saw: (what) => {
        const { maxLogEntries } = actor.services.limits;
        const entry = { at: actor.now(), client, ...what };
        this.#entries ??= new Ring(maxLogEntries);
        this.#entries.push(entry);
        actor.tellSubscribers('rpc', entry);
        const { direction, kind, method, bytes } = what;
        const { events } = actor.services;
        if (!events.watchesMessages) return;
        const { at } = entry;
        events.emit('message', { at, session: actor.key, direction, kind, method, bytes });
      },
      progressed: (token, progress, total) => {
        const entry = { at: actor.now(), client, token, progress, total };
        table.set(token, entry);
        this.#progress.add(table);
        actor.tellSubscribers('progress', entry);
      },
      finished: (token) => {
        table.delete(token);
        if (table.size === 0) this.#progress.delete(table);
      },
    };
  }
}
