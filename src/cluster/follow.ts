import type { Deadlines } from '../base/deadlines.ts';
import type { Claim, Claims } from './claims.ts';
import { bootOf, type Incarnation } from './engine.ts';
import type { Tallies } from './tallies.ts';

/** When a session follows its requests. */
export interface Following {
  /** So many in a row, by one other process, are no accident. */
  readonly inARow: number;
  /** How long a session stays where it came to, whoever asks for it, in milliseconds. */
  readonly stayMs: number;
}

export const FOLLOWING: Following = { inARow: 8, stayMs: 60_000 };

/** A session with nothing under way for so long can leave before its next request comes. */
const CALM_MS = 50;

/** A request of another node's client, which was answered here. */
export interface Visit {
  readonly session: string;
  readonly ingress: Incarnation;
  /** The ingress would have the session, should it be nobody's. */
  readonly hasRoom: boolean;
}

/** What following needs of its node. */
export interface FollowHost {
  readonly claims: Claims;
  readonly deadlines: Deadlines;
  readonly tallies: Pick<Tallies, 'followed'>;
  /** Sessions may leave this process, one at a time, without its end. */
  readonly mayFollow: boolean;
  readonly runtime: {
    /** Has a session fall asleep where that loses nothing. @returns whether the session does */
    layDown(id: string): boolean;
  };
}

/**
 * Lets a session go where its requests come from. With a balancer that sends all requests of a session to
 * one process, each session is soon in the process to which its requests come, whichever opened it.
 *
 * The session falls asleep and is nobody's: its next request is served by the process that gets it.
 */
export class Follow {
  readonly #host: FollowHost;
  readonly #following: Following;

  constructor(host: FollowHost, following: Following) {
    this.#host = host;
    this.#following = following;
  }

  /** A request of another node's client was answered for a session of this node. */
  visited({ session, ingress, hasRoom }: Visit): void {
    const { claims, mayFollow } = this.#host;
    const claim = mayFollow ? claims.find(undefined, session) : undefined;
    if (claim === undefined) return;
    if (!hasRoom) return claim.usedHere();
    const by = bootOf(ingress);
    claim.visits = { by, count: claim.visits?.by === by ? claim.visits.count + 1 : 1 };
    if (claim.visits.count % this.#following.inARow === 0) this.#lookAt(claim);
  }

  /** Tries once in each row: a session that can not leave now is asked again after the next. */
  #lookAt(claim: Claim): void {
    const { deadlines } = this.#host;
    const now = deadlines.now();
    if (now - (claim.cameAt ?? -Infinity) < this.#following.stayMs) return;
    deadlines.at(now + CALM_MS, () => {
      const { claims, mayFollow, runtime, tallies } = this.#host;
      const isOurs = claims.has(claim) && !claim.isLost && !claim.isOver;
      if (!isOurs || !mayFollow || claim.visits === null) return;
      if (runtime.layDown(claim.id)) tallies.followed++;
    });
  }
}
