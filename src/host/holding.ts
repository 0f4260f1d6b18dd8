import { type OrphanListener, type Owned, Scope, type WaitWithin } from '../scope.ts';

/**
 * One incarnation of a scope: what `open` made, what it owns, and the work that runs with it. A
 * failed opening and a crash end an incarnation, and the scope goes on with the next.
 */
export class Holding {
  readonly #owned = new Scope();
  readonly #abort = new AbortController();
  /** How to give up each piece of work that has not ended. */
  readonly #running = new Set<(error: unknown) => void>();
  #resource: Promise<unknown> | null = null;

  /** Opens, once this incarnation is known: what is opened may own something at once. */
  begin(open: () => unknown): Promise<unknown> {
    this.#resource = callAsync(open);
    return this.#resource;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isReleased(): boolean {
    return this.signal.aborted;
  }

  /** How many resources it owns. */
  get owned(): number {
    return this.#owned.size;
  }

  own(resource: Owned, deadlineMs: number | undefined, max: number): void {
    this.#owned.own(resource, deadlineMs, max);
  }

  /** Runs work with what is open; rejects at the latest when the incarnation is released. */
  run<T>(work: (resource: unknown, signal: AbortSignal) => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#running.add(reject);
      const leave = (): boolean => this.#running.delete(reject);
      this.#work(work).then(resolve, reject).finally(leave);
    });
  }

  /** Gives up what runs, then releases what is owned. Calling it again does nothing. */
  async release(error: Error, wait: WaitWithin, onOrphan: OrphanListener): Promise<void> {
    if (!this.isReleased) {
      this.#abort.abort(error);
      for (const giveUp of this.#running) giveUp(error);
      this.#running.clear();
    }
    await this.#owned.close(wait, onOrphan);
  }

  async #work<T>(work: (resource: unknown, signal: AbortSignal) => T | Promise<T>): Promise<T> {
    const resource = await this.#resource;
    // Opened too late for anybody.
    this.signal.throwIfAborted();
    return work(resource, this.signal);
  }
}

/** A throw is its callers' to hear, like a rejection. */
async function callAsync(open: () => unknown): Promise<unknown> {
  return open();
}
