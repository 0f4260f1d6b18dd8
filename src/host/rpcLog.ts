import type { Actor } from '../actor/actor.ts';
import { Ring } from '../base/ring.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { Feed } from './feed.ts';
import type { RpcEntry, RpcProgress, TapHost } from './tap.ts';

/** Keeps a scope's last messages with its servers, and the progress of requests. */
export class RpcLog {
  readonly #life: Pick<Actor, 'key' | 'services'>;
  readonly #feed: Feed;
  #entries: Ring<RpcEntry> | null = null;
  /** A table of progress for each client: two clients may use the same token. */
  readonly #progress = new Set<Map<RequestId, RpcProgress>>();

  constructor(life: Pick<Actor, 'key' | 'services'>, feed: Feed) {
    this.#life = life;
    this.#feed = feed;
  }

  get entries(): RpcEntry[] {
    return this.#entries?.toArray() ?? [];
  }

  get progress(): RpcProgress[] {
    return Array.from(this.#progress).flatMap((table) => Array.from(table.values()));
  }

  /** Makes the writer of the messages and progress of one client. */
  clientOf(client: string): Omit<TapHost, 'lost'> {
    const { key, services } = this.#life;
    const { clock, events, limits } = services;
    const table = new Map<RequestId, RpcProgress>();
    return {
      saw: (what) => {
        const at = clock.now();
        const entry = { at, client, ...what };
        this.#entries ??= new Ring(limits.maxLogEntries);
        this.#entries.push(entry);
        this.#feed.publish('rpc', entry, true);
        if (events.watchesMessages) events.emit('message', { at, session: key, ...what });
      },
      progressed: (token, progress, total) => {
        const entry = { at: clock.now(), client, token, progress, total };
        table.set(token, entry);
        this.#progress.add(table);
        this.#feed.publish('progress', entry, true);
      },
      finished: (token) => {
        table.delete(token);
        if (table.size === 0) this.#progress.delete(table);
      },
    };
  }
}
