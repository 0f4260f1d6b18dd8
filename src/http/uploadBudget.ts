import type { Services } from '../events/services.ts';

/** A body on its way in, as its bytes are counted. */
export interface Uploading {
  readonly principal: string | undefined;
  readonly bytes: number;
  /** Stops reading, and answers the request. */
  cut(): void;
}

/** What room is made down to: some way below the limit, or the next part would count all again. */
const GOAL = 0.75;

/**
 * Bounds the bytes of all bodies on their way in. Past the bound the principal that has most of
 * them on their way loses the oldest: a body that is sent to arrive is seldom the oldest for long.
 */
export class UploadBudget {
  readonly #services: Services;
  /** The oldest first. */
  readonly #uploads = new Set<Uploading>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Counts a part of a body. `false`: there is no room for that body any more. */
  grew(upload: Uploading, bytes: number): boolean {
    const { counters, limits } = this.#services;
    counters.bytesIn.bodies += bytes;
    this.#uploads.add(upload);
    if (counters.bytesIn.bodies > limits.maxQueueTotalBytes) this.#makeRoom();
    return this.#uploads.has(upload);
  }

  /** A body has come whole, or never will. */
  ended(upload: Uploading): void {
    if (this.#uploads.delete(upload)) this.#services.counters.bytesIn.bodies -= upload.bytes;
  }

  #makeRoom(): void {
    const { counters, limits } = this.#services;
    const goal = limits.maxQueueTotalBytes * GOAL;
    for (const { uploads } of this.#byPrincipal()) {
      for (const upload of uploads) {
        if (counters.bytesIn.bodies <= goal) return;
        this.#services.tripped('maxQueueTotalBytes');
        this.ended(upload);
        upload.cut();
      }
    }
  }

  /** The bodies of each principal, the oldest first; the principal with most bytes first. */
  #byPrincipal(): { bytes: number; readonly uploads: Uploading[] }[] {
    const all = new Map<string | undefined, { bytes: number; readonly uploads: Uploading[] }>();
    for (const upload of this.#uploads) {
      const own = all.get(upload.principal) ?? { bytes: 0, uploads: [] };
      own.bytes += upload.bytes;
      own.uploads.push(upload);
      all.set(upload.principal, own);
    }
    return [...all.values()].toSorted((a, b) => b.bytes - a.bytes);
  }
}
