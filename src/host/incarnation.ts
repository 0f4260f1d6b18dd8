import type { OrphanListener, WaitWithin } from '../base/resource.ts';
import { type Owned, type Owner, type OwnOptions, Scope } from '../base/scope.ts';

/**
 * One incarnation of a scope: what `open` made, what the incarnation owns, and the work that runs
 * with it. A failed opening and a crash end an incarnation, and the scope goes on with the next.
 */
export class Incarnation {
  readonly #owned = new Scope();
  readonly #abort = new AbortController();
  /** How to give up each running work. Not listeners of the signal: ten of those are too many. */
  readonly #running = new Set<(error: unknown) => void>();
  #resource: Promise<unknown> | null = null;

  /** Opens the resource, once the scope knows the incarnation: `open` may own at once. */
  begin(open: () => unknown): Promise<unknown> {
    // A throw of `open` becomes a rejection, which the work that waits for the resource hears.
    this.#resource = (async () => open())();
    return this.#resource;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isReleased(): boolean {
    return this.signal.aborted;
  }

  /** How many resources this incarnation owns. */
  get owned(): number {
    return this.#owned.size;
  }

  own(resource: Owned, options: OwnOptions, owner: Owner): void {
    this.#owned.own(resource, options, owner);
  }

  /** Calls back when the incarnation is released; returns how to stop. */
  watch(giveUp: (error: unknown) => void): () => void {
    this.#running.add(giveUp);
    return () => void this.#running.delete(giveUp);
  }

  /** Runs work with the opened resource; rejects at the latest when the incarnation is released. */
  run<T>(work: (resource: unknown, signal: AbortSignal) => T | Promise<T>): Promise<T> {
    // Each work has a signal of its own: listeners go with the work, not with the incarnation.
    const abort = new AbortController();
    return new Promise((resolve, reject) => {
      const giveUp = (error: unknown): void => {
        abort.abort(error);
        reject(error);
      };
      const leave = this.watch(giveUp);
      this.#work(work, abort.signal).then(resolve, reject).finally(leave).catch(reject);
    });
  }

  /** Gives up the work that runs, then releases what is owned. A second call does nothing. */
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
    // The work was given up while the resource was being opened.
    signal.throwIfAborted();
    return work(resource, signal);
  }
}
