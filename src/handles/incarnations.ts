import { HandleIncarnation, type IncarnationOwner } from './incarnation.ts';

/** What the incarnations of a handle need of the handle. */
export interface IncarnationsHost extends IncarnationOwner {
  tell(event: { readonly type: 'session.ready' | 'session.woken' }): void;
  /** Goes on when a promise is fulfilled; what throws then is a crash of the handle. */
  later<T>(promise: Promise<T>, go: (value: T) => void): void;
}

/** What was live of one handle, one after the other: opened, released, opened again. */
export class HandleIncarnations {
  readonly #host: IncarnationsHost;
  #current: HandleIncarnation;
  #epoch = 0;
  /** What is being released; `null` once nothing of it is left. */
  #releasing: Promise<unknown> | null = null;
  /** Why the current one could not be opened. */
  failure: unknown;

  constructor(host: IncarnationsHost) {
    this.#host = host;
    this.#current = new HandleIncarnation(host);
  }

  get current(): HandleIncarnation {
    return this.#current;
  }

  /** The number of the current incarnation, counted from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Nothing of the last one is left. */
  get isReleased(): boolean {
    return this.#current.isReleased && this.#releasing === null;
  }

  /** Goes on from the epoch of a record: nothing is open. */
  restore(epoch: number): void {
    this.#epoch = epoch;
    this.#host.later(this.#current.release(), () => {});
  }

  /** Opens the next one. @param done what the machine is told of then */
  open(done: 'session.ready' | 'session.woken', make: () => Promise<void>): void {
    const host = this.#host;
    const current = new HandleIncarnation(host);
    const before = this.#releasing;
    this.#current = current;
    this.#epoch++;
    const made = current.run(async () => {
      // What the last one owned is gone before it is opened again.
      if (before !== null) await before;
      try {
        if (!current.isReleased) await make();
      } catch (error) {
        if (!current.isReleased) this.failure = error;
        throw error;
      }
    });
    host.later(made, () => {
      if (!current.isReleased) host.tell({ type: done });
    });
  }

  /** Releases the current one and everything it owns. */
  async release(): Promise<void> {
    const releasing = Promise.all([this.#releasing ?? DONE, this.#current.release()]);
    this.#releasing = releasing;
    await releasing;
    if (this.#releasing === releasing) this.#releasing = null;
  }
}

const DONE = Promise.resolve();
