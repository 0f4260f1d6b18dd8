import { bootOf, type Incarnation } from './engine.ts';
import type { FrameOf } from './frame.ts';
import type { OwnerWatch, Watched } from './ownerWatch.ts';
import type { RemoteNode } from './remoteNode.ts';

/** What a remote verb needs of its node. */
export interface RemoteVerbHost {
  readonly node: RemoteNode;
  readonly watch: OwnerWatch;
}

/**
 * What came of a verb. `gone`: the node has not heard of the verb, or its lease is over; `late`: the node
 * has not said what came of it.
 */
export type Outcome = FrameOf<'said'> | 'gone' | 'late';

/** One verb at the node that asks: said again until the other node answers, which does it once. */
export class RemoteVerb implements Watched {
  readonly #owner: Incarnation;
  readonly #frame: FrameOf<'verb'>;
  readonly #host: RemoteVerbHost;
  readonly #outcome: Promise<Outcome>;
  /** Ends the wait: the first outcome counts. */
  give!: (outcome: Outcome) => void;

  constructor(owner: Incarnation, frame: FrameOf<'verb'>, host: RemoteVerbHost) {
    this.#owner = owner;
    this.#frame = frame;
    this.#host = host;
    this.#outcome = new Promise((resolve) => (this.give = resolve));
  }

  /** @param forMs how long the other node may take */
  async ask(forMs: number): Promise<Outcome> {
    const { node, watch } = this.#host;
    const { deadlines } = node;
    const late = deadlines.at(deadlines.now() + forMs, () => this.give('late'));
    watch.add(this.#owner, this);
    void this.#say();
    const outcome = await this.#outcome;
    watch.delete(this.#owner, this);
    deadlines.cancel(late);
    return outcome;
  }

  take(from: Incarnation, frame: FrameOf<'said'>): void {
    // Another incarnation of the same process knows what it was asked.
    if (bootOf(from) === bootOf(this.#owner)) this.give(frame);
  }

  ownerGone(): void {
    this.give('gone');
  }

  ownerLives(): void {
    void this.#say();
  }

  async #say(): Promise<void> {
    if ((await this.#host.node.mail.post(this.#owner, this.#frame)) === 0) this.give('gone');
  }
}
