import { SerialQueue } from '../base/serialQueue.ts';

/** The session whose state is changed. */
export interface UpdatesHost {
  state: unknown;
  /** What the store keeps of the session has changed. */
  stateChanged(): void;
  /** The last change may have been all that kept a sleeping session in this process. */
  passivate(): void;
}

/** Changes of a session's state by user code, one after the other. */
export class Updates {
  readonly #host: UpdatesHost;
  readonly #queue = new SerialQueue();

  constructor(host: UpdatesHost) {
    this.#host = host;
  }

  /** No change is under way. */
  get isEmpty(): boolean {
    return this.#queue.isEmpty;
  }

  /** Changes the state. What `change` returns becomes the state; returning nothing keeps it. */
  async run(change: (state: unknown) => unknown): Promise<unknown> {
    const host = this.#host;
    const state = this.#queue.run(async () => {
      const next = await change(host.state);
      if (next !== undefined) host.state = next;
      host.stateChanged();
      return host.state;
    });
    try {
      return await state;
    } finally {
      host.passivate();
    }
  }
}
