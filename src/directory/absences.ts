import type { Supervisor } from '../actor/supervisor.ts';
import type { Awaitable } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Keeper } from '../store/keeper.ts';
import type { Handover } from './handover.ts';
import type { Ownership } from './ownership.ts';
import type { Found } from './recalls.ts';
import {
  DRAINING,
  type Elsewhere,
  NOT_FOUND,
  type Nowhere,
  toldTo,
  UNAVAILABLE,
  type Whereabouts,
} from './whereabouts.ts';

/** Says where a session is that is not in this process, or why there is none. */
export class Absences {
  readonly #supervisor: Supervisor<SessionActor>;
  readonly #keeper: Keeper;
  readonly #ownership: Ownership;
  readonly #handover: Handover;

  constructor(
    supervisor: Supervisor<SessionActor>,
    keeper: Keeper,
    ownership: Ownership,
    handover: Handover,
  ) {
    this.#supervisor = supervisor;
    this.#keeper = keeper;
    this.#ownership = ownership;
    this.#handover = handover;
  }

  /** There is no such session: its own principal hears why it ended. */
  ended(id: string, principal: string | undefined): Nowhere {
    const reason = this.#supervisor.tombstones.reasonOf(id, principal);
    return reason === undefined ? NOT_FOUND : { ...NOT_FOUND, reason };
  }

  /** Where a session is while this process drains: another one may go on with a stored session. */
  leftBehind(
    id: string,
    principal: string | undefined,
    resident: Found,
  ): Awaitable<Elsewhere | Nowhere> {
    if (this.#ownership.isShared) return this.#goneOn(id, principal, resident);
    // A client that took its session for gone would begin anew.
    const goesOn =
      this.#keeper.isDurable && (resident === undefined || resident.reason === 'drained');
    // Sessions asleep in memory end with this process: none is woken for what is left of it.
    return goesOn ? DRAINING : this.ended(id, principal);
  }

  /** Where a session goes on that this process gives up: its last work here may not be done yet. */
  async #goneOn(
    id: string,
    principal: string | undefined,
    resident: Found,
  ): Promise<Elsewhere | Nowhere> {
    await resident?.reached('ended');
    await this.#handover.leaving(id);
    try {
      const where = await this.#ownership.elsewhere(id);
      return where.at === 'nowhere' ? toldTo(principal, where) : where;
    } catch {
      // The others can not be asked.
      return UNAVAILABLE;
    }
  }

  /** Finds a session when what its finding waits for is over. */
  async later(
    waits: Promise<void>,
    find: () => Awaitable<Whereabouts<SessionActor>>,
  ): Promise<Whereabouts<SessionActor>> {
    try {
      await waits;
    } catch {
      return UNAVAILABLE;
    }
    return find();
  }

  /** What came of recalling a session. @throws defects of this library and of user code */
  async recalled(
    found: PromiseLike<Found | Elsewhere | Nowhere>,
    id: string,
    principal: string | undefined,
  ): Promise<Whereabouts<SessionActor>> {
    try {
      const where = await found;
      if (where?.at === 'nowhere') return toldTo(principal, where);
      if (where !== undefined) return where;
      // A drain that began meanwhile has handed the session over to the next process.
      if (!this.#supervisor.isAdmitting) return await this.#during(id, principal);
      return this.ended(id, principal);
    } catch (error) {
      const code = error instanceof ActorsError ? error.code : undefined;
      if (code === 'not-admitted') return this.#during(id, principal);
      if (code === 'store-unavailable') return UNAVAILABLE;
      // The store has put the record aside: there is no such session any more.
      if (code === 'record-corrupt') return this.ended(id, principal);
      throw error;
    }
  }

  async #during(id: string, principal: string | undefined): Promise<Elsewhere | Nowhere> {
    return this.#ownership.isShared ? this.#goneOn(id, principal, undefined) : DRAINING;
  }
}
