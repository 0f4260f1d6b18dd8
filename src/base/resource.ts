/** Calls a function and waits for its promise, but not longer than a deadline in milliseconds. */
export type WaitWithin = (run: Release, deadlineMs: number | undefined) => Promise<void>;

/** Told of resources that could not be released, or not in time. */
export type OrphanListener = (error: unknown) => void;

export type Release = () => unknown;

/** How a resource is released, and who is told. */
export interface ResourceTerms {
  readonly release: Release;
  readonly deadlineMs: number | undefined;
  /** The resource keeps its session awake. */
  readonly keepsAwake: boolean;
  /** The resource can no longer be used: it has ended or failed, or is being released. */
  readonly onOver: (() => void) | undefined;
}

/** A resource in a scope, released once, whoever asks for the release. */
export class Resource {
  readonly keepsAwake: boolean;
  readonly #terms: ResourceTerms;
  #isOver = false;
  #released: Promise<void> | null = null;

  constructor(terms: ResourceTerms) {
    this.keepsAwake = terms.keepsAwake;
    this.#terms = terms;
  }

  /** Notes that the resource can no longer be used; `false` where that was known. */
  over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#terms.onOver?.();
    return true;
  }

  /** Releases the resource. A second call returns the first call's promise, which is fulfilled. */
  release(wait: WaitWithin, onOrphan: OrphanListener): Promise<void> {
    // First: what ends because of its release has not ended by itself.
    this.over();
    const { release, deadlineMs } = this.#terms;
    this.#released ??= wait(release, deadlineMs).catch(onOrphan);
    return this.#released;
  }
}
