import type { Beat, Engine, Incarnation } from './engine.ts';
import type { Inbox } from './inbox.ts';
import type { Lease, Moment } from './lease.ts';

/** What a membership needs of its cluster. */
export interface MembershipHost {
  readonly engine: Pick<Engine, 'join' | 'renew' | 'leave'>;
  /** Names the process: no other process has, or had, this text. */
  readonly boot: string;
  /** What the node says of itself to others. */
  about(): Buffer;
  /** Hears what is sent to an incarnation. */
  listen(as: Incarnation): Promise<void>;
  deafen(as: Incarnation): Promise<void>;
}

/** What a membership needs of its node. */
export interface MembershipParts {
  readonly leaseMs: number;
  readonly lease: Lease;
  readonly inbox: Inbox;
  /** Asks, for a time. @throws where no answer came that counts */
  readonly ask: <T>(question: () => Promise<T>) => Promise<T>;
  /** The lease lasts again. @param asked the moment before the engine was asked */
  readonly got: (beat: Beat, asked: Moment) => void;
}

/** The lease and the inbox of a process, under one incarnation after the other. */
export class Membership {
  readonly #host: MembershipHost;
  readonly #parts: MembershipParts;
  #lives = 1;
  #incarnation: Incarnation;
  /** The engine has given this incarnation a lease. */
  #isJoined = false;
  #isHeard = false;
  /** Incarnations before, which are still listened for: somebody may not know of another one yet. */
  #former: Incarnation[] = [];
  #dueAt = -Infinity;

  constructor(host: MembershipHost, parts: MembershipParts) {
    this.#host = host;
    this.#parts = parts;
    this.#incarnation = `${host.boot}#1`;
  }

  get incarnation(): Incarnation {
    return this.#incarnation;
  }

  /** A third of the lease has passed: the lease is to be renewed. */
  get isDue(): boolean {
    return this.#parts.lease.moment().steady >= this.#dueAt;
  }

  /** The lease is over. The process goes on as another incarnation, which has to join. */
  reincarnate(): void {
    this.#parts.lease.end();
    if (this.#isHeard) this.#former.push(this.#incarnation);
    this.#isJoined = false;
    this.#isHeard = false;
    this.#incarnation = `${this.#host.boot}#${++this.#lives}`;
  }

  /** Renews the lease. @returns `false`: the lease was over; nothing was renewed */
  async renew(): Promise<boolean> {
    if (!this.#isJoined) return true;
    const { ask, lease, leaseMs } = this.#parts;
    const about = this.#host.about();
    const asked = lease.moment();
    const beat = await ask(() => this.#host.engine.renew(this.#incarnation, leaseMs, about));
    if (!beat.isKept) return false;
    this.#got(beat, asked);
    return true;
  }

  /** Gets whatever is not there yet: the lease, then the inbox. */
  async join(): Promise<void> {
    const { ask, inbox, lease, leaseMs } = this.#parts;
    const incarnation = this.#incarnation;
    if (!this.#isJoined) {
      const about = this.#host.about();
      const asked = lease.moment();
      const beat = await ask(() => this.#host.engine.join(incarnation, leaseMs, about));
      this.#isJoined = true;
      this.#got(beat, asked);
    }
    if (!this.#isHeard) {
      await ask(() => this.#host.listen(incarnation));
      this.#isHeard = true;
      inbox.ping();
    }
  }

  /** Hears nothing more for the incarnations before. */
  async tidy(): Promise<void> {
    for (let [first] = this.#former; first !== undefined; [first] = this.#former) {
      const former = first;
      await this.#parts.ask(() => this.#host.deafen(former));
      this.#former.shift();
    }
  }

  /** Ends the lease, then the inboxes. */
  async leave(): Promise<void> {
    const incarnation = this.#incarnation;
    if (this.#isHeard) this.#former.push(incarnation);
    this.#isHeard = false;
    try {
      await this.#parts.ask(() => this.#host.engine.leave(incarnation));
    } finally {
      await this.tidy();
    }
  }

  #got(beat: Beat, asked: Moment): void {
    this.#parts.lease.got(asked);
    this.#dueAt = asked.steady + this.#parts.leaseMs / 3;
    this.#parts.got(beat, asked);
    // After the answer: while the engine can not be asked, silence says nothing of the inbox.
    if (this.#isHeard) this.#parts.inbox.ping();
  }
}
