import type { Deadlines } from '../base/deadlines.ts';
import { bootOf, type Incarnation, type Looked, type SpaceName } from './engine.ts';

/** What the lookout needs of its node. */
export interface LookoutHost {
  readonly deadlines: Deadlines;
  /** The node's own incarnation of now. */
  readonly incarnation: Incarnation;
  /** How often a node looks at leases: a third of one, in whole milliseconds. */
  readonly beatMs: number;
  /** Looks whose something is. Rejects where the engine can not be asked. */
  look(print: string, space?: SpaceName): Promise<Looked>;
}

/**
 * Which other node has a session, and a lease; `null`: none, and the session is for this node to claim,
 * to serve or to miss; `undefined`: the engine can not be asked.
 */
export type Found = Incarnation | null | undefined;

/** A session, by its fingerprint, or what else a space has. */
export interface Sought {
  readonly print: string;
  readonly space?: SpaceName;
}

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

  /** Finds who has a session, or what else a space has. */
  async find(sought: Sought): Promise<Found> {
    try {
      return this.#awayOf(await this.#look(sought));
    } catch {
      return undefined;
    }
  }

  /**
   * Finds who follows an owner that does not hear: at once, and once more when the owner's lease is
   * over, the session was released, or a third of a lease has passed.
   */
  async next(sought: Sought, owner: Incarnation): Promise<Found> {
    try {
      const looked = await this.#look(sought);
      if (this.#awayOf(looked) !== owner || looked.is !== 'owned') return this.#awayOf(looked);
      await this.#wait(keyOf(sought), Math.min(looked.leftMs, this.#host.beatMs));
    } catch {
      return undefined;
    }
    return this.find(sought);
  }

  /** A session is nobody's: whoever waits looks again. */
  released(print: string): void {
    this.#waits.get(print)?.end();
  }

  #awayOf(looked: Looked): Incarnation | null {
    if (looked.is !== 'owned' || looked.leftMs <= 0) return null;
    return bootOf(looked.owner) === bootOf(this.#host.incarnation) ? null : looked.owner;
  }

  #look(sought: Sought): Promise<Looked> {
    const key = keyOf(sought);
    const under = this.#looks.get(key);
    if (under !== undefined) return under;
    const look = this.#host.look(sought.print, sought.space).finally(() => this.#looks.delete(key));
    this.#looks.set(key, look);
    return look;
  }

  #wait(key: string, ms: number): Promise<void> {
    const under = this.#waits.get(key);
    if (under !== undefined) return under.over;
    const wait = this.#begin(key, ms);
    this.#waits.set(key, wait);
    return wait.over;
  }

  #begin(key: string, ms: number): Wait {
    const { deadlines } = this.#host;
    let resolve!: () => void;
    const over = new Promise<void>((settle) => (resolve = settle));
    const end = (): void => {
      deadlines.cancel(timed);
      this.#waits.delete(key);
      resolve();
    };
    const timed = deadlines.at(deadlines.now() + ms, end);
    return { over, end };
  }
}

/** Names something among all spaces: no fingerprint has a blank in it. */
function keyOf({ print, space }: Sought): string {
  return space === undefined ? print : `${space} ${print}`;
}
