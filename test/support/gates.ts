/** Named places where the handlers of a fixture wait for their test, and the test for them. */
export class Gates {
  readonly #reached = new Map<string, PromiseWithResolvers>();
  readonly #opened = new Map<string, PromiseWithResolvers>();
  readonly aborted = new Set<string>();

  /** A handler got to a gate. */
  reached(name: string): Promise<void> {
    return slot(this.#reached, name).promise;
  }

  /** Lets a handler go on, now or when it comes. */
  open(name: string): void {
    slot(this.#opened, name).resolve();
  }

  /** Called by a handler: waits for {@link open}, or throws when it is told to stop. */
  async pass(name: string, signal: AbortSignal): Promise<void> {
    slot(this.#reached, name).resolve();
    const { promise: aborted, reject } = slot(new Map(), name);
    signal.addEventListener('abort', () => {
      this.aborted.add(name);
      slot(this.#reached, `${name} aborted`).resolve();
      reject(new Error('aborted'));
    });
    await Promise.race([slot(this.#opened, name).promise, aborted]);
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function slot(slots: Map<string, PromiseWithResolvers>, name: string): PromiseWithResolvers {
  let found = slots.get(name);
  if (found === undefined) {
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((done, fail) => {
      resolve = done;
      reject = fail;
    });
    found = { promise, resolve, reject };
    slots.set(name, found);
  }
  return found;
}
