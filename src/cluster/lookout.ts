import type { Deadlines } from '../base/deadlines.ts';
import type { Incarnation, Looked } from './engine.ts';

/** What the lookout needs of its node. */
export interface LookoutHost {
  readonly deadlines: Deadlines;
  readonly leaseMs: number;
  /** Looks whose a session is. Rejects where the engine can not be asked. */
  look(print: string): Promise<Looked>;
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

  /** Looks whose a session is. */
  look(print: string): Promise<Looked> {
    const under = this.#looks.get(print);
    if (under !== undefined) return under;
    const look = this.#host.look(print).finally(() => this.#looks.delete(print));
    this.#looks.set(print, look);
    return look;
  }

  /**
   * Looks who follows an owner that does not hear: at once, and once more when the owner's lease is
   * over, the session was released, or a third of a lease has passed.
   */
  async next(print: string, owner: Incarnation): Promise<Looked> {
    const looked = await this.look(print);
    if (looked.is !== 'owned' || looked.owner !== owner || looked.leftMs <= 0) return looked;
    await this.#wait(print, Math.min(looked.leftMs, this.#host.leaseMs / 3));
    return this.look(print);
  }

  /** A session is nobody's: whoever waits looks again. */
  released(print: string): void {
    this.#waits.get(print)?.end();
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
