import type { Deadlines } from '../base/deadlines.ts';
import { bootOf, type Incarnation, type Looked } from './engine.ts';

/** What the lookout needs of its node. */
export interface LookoutHost {
  readonly deadlines: Deadlines;
  /** The node's own incarnation of now. */
  readonly incarnation: Incarnation;
  /** How often a node looks at leases: a third of one, in whole milliseconds. */
  readonly beatMs: number;
  /** Looks whose a session is. Rejects where the engine can not be asked. */
  look(print: string): Promise<Looked>;
}

/**
 * Which other node has a session, and a lease; `null`: none, and the session is for this node to claim,
 * to serve or to miss; `undefined`: the engine can not be asked.
 */
export type Found = Incarnation | null | undefined;

interface Wait {
  readonly over: Promise<void>;
  readonly end: () => void;
}

/**
 * Looks whose sessions are, for all exchanges of a node that need to know: one look and one wait for
 * each session, however many ask.
 */
export class Lookout {
  readonly #host: LookoutHost;
  readonly #looks = new Map<string, Promise<Looked>>();
  readonly #waits = new Map<string, Wait>();

  constructor(host: LookoutHost) {
    this.#host = host;
  }

  /** Finds who has a session. */
  async find(print: string): Promise<Found> {
    try {
      return this.#awayOf(await this.#look(print));
    } catch {
      return undefined;
    }
  }

  /**
   * Finds who follows an owner that does not hear: at once, and once more when the owner's lease is
   * over, the session was released, or a third of a lease has passed.
   */
  async next(print: string, owner: Incarnation): Promise<Found> {
    try {
      const looked = await this.#look(print);
      if (this.#awayOf(looked) !== owner || looked.is !== 'owned') return this.#awayOf(looked);
      await this.#wait(print, Math.min(looked.leftMs, this.#host.beatMs));
    } catch {
      return undefined;
    }
    return this.find(print);
  }

  /** A session is nobody's: whoever waits looks again. */
  released(print: string): void {
    this.#waits.get(print)?.end();
  }

  #awayOf(looked: Looked): Incarnation | null {
    if (looked.is !== 'owned' || looked.leftMs <= 0) return null;
    return bootOf(looked.owner) === bootOf(this.#host.incarnation) ? null : looked.owner;
  }

  #look(print: string): Promise<Looked> {
    const under = this.#looks.get(print);
    if (under !== undefined) return under;
    const look = this.#host.look(print).finally(() => this.#looks.delete(print));
    this.#looks.set(print, look);
    return look;
  }

  #wait(print: string, ms: number): Promise<void> {
    const under = this.#waits.get(print);
    if (under !== undefined) return under.over;
    const wait = this.#begin(print, ms);
    this.#waits.set(print, wait);
    return wait.over;
  }

  #begin(print: string, ms: number): Wait {
    const { deadlines } = this.#host;
    let resolve!: () => void;
    const over = new Promise<void>((settle) => (resolve = settle));
    const end = (): void => {
      deadlines.cancel(timed);
      this.#waits.delete(print);
      resolve();
    };
    const timed = deadlines.at(deadlines.now() + ms, end);
    return { over, end };
  }
}
