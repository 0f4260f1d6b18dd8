import { Ring } from '../base/ring.ts';
import type { Services } from '../events/services.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { RpcProgress } from './followedCalls.ts';
import type { RpcEntry, TapHost } from './tap.ts';

/** What the log of a scope needs of it. */
export interface RpcLogHost {
  readonly key: string;
  readonly services: Services;
  now(): number;
  tellSubscribers(kind: 'rpc' | 'progress', data: unknown): void;
}

/** What passes between a scope's clients and their servers: the last of it, and what is in progress. */
export class RpcLog {
  readonly #actor: RpcLogHost;
  #entries: Ring<RpcEntry> | null = null;
  /** Two clients may use the same token, so each has a table of its own. */
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

  /** Where a client of this name writes. */
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
