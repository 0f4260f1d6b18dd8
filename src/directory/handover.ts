import type { Claim } from '../store/store.ts';
import type { Claimed, Ownership } from './ownership.ts';

/** A session, or another actor that a store has, as it is given up. */
export interface Leaving {
  readonly id: string;
  readonly epoch: number;
  readonly canPassivate: boolean;
  readonly persistence: {
    readonly isClean: boolean;
    own(claim: Claim): void;
    changed(): void;
  } | null;
}

/** What giving sessions up needs of the directory. */
export interface HandoverHost<S extends Leaving> {
  /** The session's actor leaves this process: the session is its record. */
  left(session: S): void;
  /** Another process goes on with the session of a claim. */
  lose(claim: Claim): void;
}

/** How often the release of a session is tried that has ended here. */
const RELEASES = 3;

/** Sessions that this process gives up, where several processes have one set of sessions. */
export class Handover<S extends Leaving = Leaving> {
  readonly #ownership: Ownership;
  readonly #host: HandoverHost<S>;
  /** Sessions that are being given up: until that is done, nobody may use them. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(ownership: Ownership, host: HandoverHost<S>) {
    this.#ownership = ownership;
    this.#host = host;
  }

  /** Resolves when a session has left, or stays; `undefined`: the session is not on its way out. */
  leaving(id: string): Promise<void> | undefined {
    // With each message of a session: mostly, none is on its way out.
    return this.#leaving.size === 0 ? undefined : this.#leaving.get(id);
  }

  /** Resolves when no session is on its way out. Never rejects. */
  async settled(): Promise<void> {
    while (this.#leaving.size > 0) await Promise.all(this.#leaving.values());
  }

  /**
   * Gives up a session that sleeps. The actor leaves memory when the other processes can find the
   * session, and not before: otherwise nobody would have the session in between.
   */
  giveUp(session: S, claim: Claim): void {
    this.#leave(session.id, async () => {
      if (!(await this.#ownership.release(claim)) || claim.isLost) return;
      if (session.canPassivate && session.persistence?.isClean === true) this.#host.left(session);
      else await this.#takeBack(session, claim);
    });
  }

  /**
   * Gives up a session that has ended here, and that the store has for another process.
   *
   * @param stored resolves when all that was said here is stored: what is released before is lost
   * @param again stores the session once more: an engine that has an older state releases nothing, and
   * nobody else is left who knows the newer one
   */
  handOver(
    id: string,
    claim: Claim,
    stored?: Promise<unknown>,
    again?: () => Promise<unknown>,
  ): void {
    this.#leave(id, async () => {
      await stored;
      for (let tries = 0; tries < RELEASES; tries++) {
        if ((await this.#ownership.release(claim)) || claim.isLost) return;
        await again?.();
      }
    });
  }

  #leave(id: string, leave: () => Promise<void>): void {
    if (this.#leaving.has(id)) return;
    const left = leave()
      // A session that could not be released stays, and is looked at again.
      .catch(() => {})
      .finally(() => this.#leaving.delete(id));
    this.#leaving.set(id, left);
  }

  /** A session was used while it left: it goes on here, unless another process has it by now. */
  async #takeBack(session: S, claim: Claim): Promise<void> {
    const claimed = await this.#claimed(session.id);
    const isOurs = claimed !== undefined && claimed !== 'ours' && claimed.at === 'ours';
    // Whoever had it meanwhile has stored an epoch of its own.
    if (isOurs && claimed.record.epoch === session.epoch) {
      session.persistence?.own(claimed.claim);
      session.persistence?.changed();
    } else this.#host.lose(claim);
  }

  /** @returns `undefined`: nobody knows whose the session is */
  async #claimed(id: string): Promise<Claimed | undefined> {
    try {
      return await this.#ownership.claim(id);
    } catch {
      return undefined;
    }
  }
}
