import { type OrphanListener, type Owned, Scope, type WaitWithin } from '../base/scope.ts';

/**
 * One incarnation of a scope: what `open` made, what it owns, and the work that runs with it. A
 * failed opening and a crash end an incarnation, and the scope goes on with the next.
 */
export class Incarnation {
  readonly #owned = new Scope();
  readonly #abort = new AbortController();
  /** How to give up what has not ended. Not the signal's listeners: of those ten are too many. */
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

  /** Calls back when the incarnation is released; returns how to stop. */
  watch(giveUp: (error: unknown) => void): () => void {
    this.#running.add(giveUp);
    return () => void this.#running.delete(giveUp);
  }

  /** Runs work with what is open; rejects at the latest when the incarnation is released. */
  run<T>(work: (resource: unknown, signal: AbortSignal) => T | Promise<T>): Promise<T> {
    // A signal of its own: what listens to it goes with the work, and not with the incarnation.
    const abort = new AbortController();
    return new Promise((resolve, reject) => {
      const giveUp = (error: unknown): void => {
        abort.abort(error);
        reject(error);
      };
      const leave = this.watch(giveUp);
      this.#work(work, abort.signal).then(resolve, reject).finally(leave);
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

  async #work<T>(
    work: (resource: unknown, signal: AbortSignal) => T | Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const resource = await this.#resource;
    // Opened too late for anybody.
    signal.throwIfAborted();
    return work(resource, signal);
  }
}

/** A throw is its callers' to hear, like a rejection. */
async function callAsync(open: () => unknown): Promise<unknown> {
  return open();
}
