import type { DeadlineQueue } from '../base/deadlines.ts';
import type { RemoteNode } from './remoteNode.ts';

/**
 * Tells whether a node has taken all that it was heard to be sent so far. A frame to itself comes back
 * behind all of that: an inbox may be dead for long before anybody notices.
 */
export class Echo {
  readonly #node: RemoteNode;
  readonly #waiting = new Map<number, (isBack: boolean) => void>();
  readonly #late: DeadlineQueue<number>;
  /** Counts down: the numbers above zero are those of the node's own pings. */
  #last = 0;

  constructor(node: RemoteNode) {
    this.#node = node;
    this.#late = node.deadlines.queue(node.beatMs, (n) => this.#settle(n, false));
  }

  /** Sends a frame to the node itself. @returns the frame came back, within a third of a lease */
  hear(): Promise<boolean> {
    const n = --this.#last;
    this.#late.arm(n);
    void this.#node.mail.post(this.#node.incarnation, { type: 'ping', n });
    return new Promise((resolve) => this.#waiting.set(n, resolve));
  }

  /** A frame of the node itself has come. */
  take(n: number): void {
    this.#settle(n, true);
  }

  #settle(n: number, isBack: boolean): void {
    this.#late.disarm(n);
    this.#waiting.get(n)?.(isBack);
    this.#waiting.delete(n);
  }
}
