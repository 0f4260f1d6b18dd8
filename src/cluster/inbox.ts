import type { Clock } from '../base/clock.ts';

/** Most pings that wait for an answer: by then, the lease is over several times. */
const MAX_OPEN = 32;

/** What an inbox needs of its node. */
export interface InboxHost {
  readonly clock: Clock;
  /** Sends a ping to the node's own incarnation. */
  ping(n: number): void;
}

interface Ping {
  readonly n: number;
  readonly at: number;
}

/**
 * Whether what is sent to a node arrives: the node pings itself. A node that nobody can reach must not
 * keep what others ask for.
 */
export class Inbox {
  readonly #host: InboxHost;
  readonly #answerMs: number;
  /** Pings without an answer, the oldest first. */
  #open: Ping[] = [];
  #n = 0;
  #isProven = false;

  /** @param answerMs how long a ping may be without an answer */
  constructor(host: InboxHost, answerMs: number) {
    this.#host = host;
    this.#answerMs = answerMs;
  }

  /** Sends a ping. */
  ping(): void {
    if (this.#open.length === MAX_OPEN) return;
    const n = ++this.#n;
    this.#open.push({ n, at: this.#host.clock.now() });
    this.#host.ping(n);
  }

  /** A ping has arrived. The ones before it are answered with it. */
  heard(n: number): void {
    const place = this.#open.findIndex((ping) => ping.n === n);
    if (place < 0) return;
    this.#open.splice(0, place + 1);
    this.#isProven = true;
  }

  /** Nothing is known of the inbox any more: pings that were sent before prove nothing. */
  restart(): void {
    this.#open = [];
    this.#isProven = false;
  }

  /** A ping is without an answer for too long. */
  get isSilent(): boolean {
    const [oldest] = this.#open;
    return oldest !== undefined && this.#host.clock.now() - oldest.at >= this.#answerMs;
  }

  /** A ping was answered, and none is without an answer for too long. */
  get isHearing(): boolean {
    return this.#isProven && !this.isSilent;
  }
}
