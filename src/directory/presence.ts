import type { Supervisor } from '../actor/supervisor.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Keeper } from '../store/keeper.ts';
import type { Claim } from '../store/store.ts';
import type { Handover } from './handover.ts';
import type { Found } from './recalls.ts';
import type { SessionView } from './view.ts';
import { viewOf } from './viewOf.ts';

/** What a presence needs of the directory. */
export interface PresenceHost {
  readonly keeper: Keeper;
  readonly supervisor: Supervisor<SessionActor>;
  resident(id: string): Found;
  any(id: string): Promise<Found>;
  isServing(session: SessionActor): boolean;
}

/** The sessions of this process, as the other processes of a cluster have to do with them. */
export class Presence {
  readonly #directory: PresenceHost;
  readonly #handover: Pick<Handover, 'leaving'>;

  constructor(directory: PresenceHost, handover: Pick<Handover, 'leaving'>) {
    this.#directory = directory;
    this.#handover = handover;
  }

  /** The session is in this process, and can be given a message in this turn. */
  isServing(id: string): boolean {
    const session = this.#directory.resident(id);
    return session !== undefined && this.#directory.isServing(session);
  }

  /** The session ends in this process, and takes what its client says of work in flight. */
  isSettling(id: string): boolean {
    return this.#directory.resident(id)?.isSettling === true;
  }

  /** Shows those of some sessions that are in this process. */
  views(ids: readonly string[]): SessionView[] {
    return ids.flatMap((id) => {
      const session = this.#directory.resident(id);
      return session === undefined ? [] : [viewOf(session, undefined)];
    });
  }

  /** The session is in this process, and awake. */
  isInUse(id: string): boolean {
    return this.#directory.resident(id)?.isAsleep === false;
  }

  /** The session is in this process, and no call of the session is under way. */
  isCalm(id: string): boolean {
    const session = this.#directory.resident(id);
    return session !== undefined && session.inFlight === 0 && this.#directory.isServing(session);
  }

  /**
   * Has a session fall asleep, with nothing under way and no stream open, that owns nothing live: the
   * other processes can have it then.
   *
   * @returns whether the session does
   */
  layDown(id: string): boolean {
    const session = this.#directory.resident(id);
    if (session === undefined || !this.#directory.isServing(session)) return false;
    const { dormancy, home, isConfirmed, references, snapshot } = session;
    const { attached, sleeps } = snapshot.context;
    const isFree = isConfirmed && sleeps && !attached && references === 0 && home === undefined;
    if (!isFree || session.isAsleep || !dormancy.canDoze) return false;
    // In use a moment ago, and not any more.
    if (!session.isWarm) session.tell({ type: 'session.quiet' });
    if (!session.isWarm) return false;
    session.tell({ type: 'deadline.passed' });
    return true;
  }

  /** Has a session in this process, if need be by a claim. @returns whether it is here */
  async recall(id: string): Promise<boolean> {
    await this.#directory.any(id);
    return this.isServing(id);
  }

  /** Resolves when a session that was ending or leaving has ended or left, or stays. */
  async settled(id: string): Promise<void> {
    const session = this.#directory.resident(id);
    if (session?.snapshot.hasTag('ending') === true) await session.reached('ended');
    await this.#handover.leaving(id);
  }

  /** Another process goes on with the session of a claim: the actor here has no part in it any more. */
  lose(claim: Claim): void {
    const { keeper, supervisor } = this.#directory;
    keeper.lost(claim);
    const session = this.#directory.resident(claim.id);
    if (session?.persistence?.claim !== claim) return;
    // First: nothing that its end does may be taken for the session's.
    supervisor.dismiss(session);
    const { clock, events } = supervisor.services;
    events.emit('session.moved', {
      session: session.key,
      ageMs: clock.now() - session.startedAt,
    });
    session.lose();
  }

  /** The store has lost some of what was written by a claim: the session here is stored again. */
  restow(claim: Claim): void {
    const persistence = this.#directory.resident(claim.id)?.persistence;
    if (persistence?.claim === claim) persistence.changed();
  }
}
