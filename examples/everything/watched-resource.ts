import type { ReadResourceResult } from '@modelcontextprotocol/sdk/types.js';
import type { Session } from 'mcp-actors';
import type { RequestExtra } from './request-extra.ts';
import type { EverythingState } from './state.ts';

const changeEveryMs = 1000;
const updated = 'notifications/resources/updated';

/** A resource that changes on `resources/subscribe`, and every second while it is subscribed. */
export class WatchedResource {
  static readonly listing = {
    uri: 'test://watched-resource',
    name: 'watched-resource',
    description: 'A text that changes while this session is subscribed to it.',
    mimeType: 'text/plain',
  };

  readonly uri = WatchedResource.listing.uri;
  readonly #session: Session<EverythingState>;
  #changes = 0;
  #timer: NodeJS.Timeout | undefined;
  #owned = false;

  constructor(session: Session<EverythingState>) {
    this.#session = session;
  }

  read(): ReadResourceResult {
    const { uri, mimeType } = WatchedResource.listing;
    return { contents: [{ uri, mimeType, text: `Changed ${this.#changes} times.` }] };
  }

  async subscribe(extra: RequestExtra): Promise<void> {
    // Owned from the first subscription on: a session without one has nothing to release.
    if (!this.#owned) this.#session.own(() => this.unsubscribe());
    this.#owned = true;
    this.#timer ??= setInterval(() => this.#change(), changeEveryMs);
    this.#changes++;
    await extra.sendNotification({ method: updated, params: { uri: this.uri } });
  }

  unsubscribe(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #change(): void {
    this.#changes++;
    // Told, not awaited: it is nobody's fault when the client has no stream open just now.
    this.#session.notify(updated, { uri: this.uri });
  }
}
