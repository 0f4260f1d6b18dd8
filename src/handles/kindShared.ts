import { ActorsError } from '../base/errors.ts';
import type { Supervisor } from '../actor/supervisor.ts';
import type { PinnedBy } from '../events/events.ts';
import type { Services } from '../events/services.ts';
import { Handover } from '../directory/handover.ts';
import type { Ownership } from '../directory/ownership.ts';
import { Recalls, type RecallsHost } from '../directory/recalls.ts';
import type { Done } from '../directory/verb.ts';
import type { Elsewhere } from '../directory/whereabouts.ts';
import type { SessionRecord } from '../store/record.ts';
import type { Claim } from '../store/store.ts';
import type { HandleActor, SharedFamily } from './handleActor.ts';
import { busy, elsewhere, type KindName, restarting } from './handleError.ts';
import { isLiveIn } from './handleRecord.ts';

/** How long a handle that another process asks for may still be in use here. */
const GIVE_MS = 10_000;
/** How often a handle may turn out to be in another process than the one that was asked. */
export const MOST_MOVES = 10;

/** What sharing needs of the handles of one kind in this process. */
export interface KindSharedHost extends KindName, RecallsHost<HandleActor> {
  /** Of the kind. */
  readonly services: Services;
  /** Of the runtime. */
  readonly trunk: Services;
  readonly supervisor: Supervisor<HandleActor>;
  /** The handle's actor leaves this process: the handle is its record. */
  left(handle: HandleActor): void;
  /** Lets a handle that sleeps leave this process. */
  passivate(handle: HandleActor): void;
}

const YES = Promise.resolve(true);

/** Whether a record is of a handle that the caller may use. */
type IsHeld = (record: SessionRecord) => boolean;

/**
 * The handles of one kind, where several processes have them: each handle is one process's at a time,
 * and is brought to the process that uses it.
 */
export class KindShared implements SharedFamily {
  readonly #kind: KindSharedHost;
  readonly #ownership: Ownership;
  readonly #handover: Handover<HandleActor>;
  readonly #recalls: Recalls<HandleActor>;
  /** Handles that another process has asked for: who comes here from then on waits. */
  readonly #giving = new Map<string, Promise<Done>>();
  /** Handles that are given when nobody uses them any more. */
  readonly #awaited = new Map<HandleActor, () => void>();
  /** Handles that have begun here: whether each is this process's, once its first record is stored. */
  readonly #births = new WeakMap<HandleActor, Promise<boolean> | null>();

  constructor(kind: KindSharedHost, ownership: Ownership) {
    this.#kind = kind;
    this.#ownership = ownership;
    this.#handover = new Handover(ownership, {
      left: (handle) => kind.left(handle),
      lose: (claim) => this.lose(claim),
    });
    this.#recalls = new Recalls(kind, ownership, this.#handover);
  }

  // ---- what may be used here, and when

  get isLive(): boolean {
    return this.#ownership.isLive;
  }

  /** A handle can not be used in this turn: it may be another process's, or about to be. */
  isHeldUp(id: string): boolean {
    return !this.isLive || this.#giving.has(id) || this.#handover.leaving(id) !== undefined;
  }

  /** Resolves when handles of this process may be used. @throws ActorsError `store-unavailable` */
  live(): Promise<void> {
    return this.#ownership.live();
  }

  /** Resolves when it is known whether a handle is this process's. @throws ActorsError */
  async settled(id: string): Promise<void> {
    if (!this.isLive) await this.live();
    await this.#giving.get(id);
    await this.#handover.leaving(id);
  }

  /** Resolves when no handle is on its way out. */
  drained(): Promise<void> {
    return this.#handover.settled();
  }

  // ---- a handle begins, and ends

  /** A handle begins in this process, which is known when its first record is stored. */
  begun(handle: HandleActor): void {
    handle.persistence!.own(this.#ownership.begun(handle.id));
    this.#births.set(handle, null);
  }

  /** Whether a handle that may have begun here is this process's. @throws ActorsError */
  isOurs(handle: HandleActor): Promise<boolean> {
    let born = this.#births.get(handle);
    if (born === null) this.#births.set(handle, (born = this.#born(handle)));
    return born ?? YES;
  }

  async #born(handle: HandleActor): Promise<boolean> {
    const persistence = handle.persistence!;
    await handle.reached('waking');
    if (handle.snapshot.hasTag('ending')) return !persistence.isLost;
    if (!(await persistence.stored())) {
      handle.close('terminated');
      throw new ActorsError('store-unavailable', 'the other processes can not hear of the handle');
    }
    return !persistence.isLost;
  }

  giveUp(handle: HandleActor, claim: Claim): void {
    this.#handover.giveUp(handle, claim);
  }

  /** A handle has ended here. */
  buried(handle: HandleActor): void {
    const persistence = handle.persistence!;
    const { claim } = persistence;
    if (claim === undefined || claim.isLost) return;
    if (!handle.isKept) return this.#ownership.ended(claim);
    const stored = this.#kind.keeper.rowsStored(persistence);
    this.#handover.handOver(handle.id, claim, stored, () => persistence.stored());
  }

  /** Another process goes on with the handle of a claim. */
  lose(claim: Claim): void {
    const { keeper, name, supervisor, trunk } = this.#kind;
    keeper.lost(claim);
    const handle = supervisor.resident(claim.id);
    if (handle?.persistence?.claim !== claim) return;
    // First: nothing that its end does may be taken for the handle's.
    supervisor.dismiss(handle);
    const { clock, events } = trunk;
    const ageMs = clock.now() - handle.startedAt;
    events.emit('handle.ended', { kind: name, handle: handle.key, reason: 'replaced', ageMs });
    handle.lose();
  }

  // ---- finding

  /**
   * Finds a handle: here, claimed if need be, or at another process.
   *
   * @throws HandleError `handle-busy` in a drain; ActorsError `store-unavailable`
   */
  async find(id: string, isHeld: IsHeld): Promise<HandleActor | Elsewhere | undefined> {
    await this.settled(id);
    const resident = this.#kind.resident(id);
    if (resident !== undefined) return resident;
    if (this.#kind.hasEnded(id) || !this.#kind.keeper.mayHave(id)) return undefined;
    const where = await this.#look(id, isHeld);
    if (where === undefined || where.at === 'here') return where;
    if (where.at === 'nowhere') {
      if (where.refusal === 'session-not-found') return undefined;
      if (where.refusal === 'draining') throw restarting();
      throw new ActorsError('store-unavailable', 'nobody can say whose the handle is');
    }
    const [record] = await this.#kind.keeper.load(id, undefined);
    return record !== undefined && isHeld(record) ? where : undefined;
  }

  /** The same, brought to this process from the one that has the handle. @throws as `find`; HandleError */
  async fetch(id: string, isHeld: IsHeld): Promise<HandleActor | undefined> {
    for (let moves = 0; moves < MOST_MOVES; moves++) {
      const where = await this.find(id, isHeld);
      if (where?.at !== 'elsewhere') return where;
      const given = await where.act({ do: 'give' });
      if (given === false) throw elsewhere(this.#kind, where.node);
      if (given === 'busy') throw busy(this.#kind);
    }
    throw busy(this.#kind);
  }

  async #look(id: string, isHeld: IsHeld): ReturnType<Recalls<HandleActor>['look']> {
    try {
      // What was live of a handle went with its process: nothing of it can come back.
      return await this.#recalls.look(id, (record) => isHeld(record) && !isLiveIn(record));
    } catch (error) {
      if (error instanceof ActorsError && error.code === 'not-admitted') throw restarting();
      throw error;
    }
  }

  /** Recalls a handle whose record is due: it ends, where it was not used since. */
  async expire(id: string): Promise<HandleActor | undefined> {
    const where = await this.#recalls.look(id, () => true);
    return where?.at === 'here' ? where : undefined;
  }

  // ---- giving

  /** Has a handle sleep, and makes it nobody's, for a process that is about to claim it. */
  give(id: string): Promise<Done> {
    let giving = this.#giving.get(id);
    if (giving === undefined) {
      giving = this.#give(id).finally(() => this.#giving.delete(id));
      this.#giving.set(id, giving);
    }
    return giving;
  }

  async #give(id: string): Promise<Done> {
    const handle = this.#kind.resident(id);
    if (handle === undefined || handle.persistence?.isLost !== false) return 'moved';
    if (handle.isLiveOnly) return handle.snapshot.hasTag('ending') ? 'moved' : false;
    return (await this.#isUnused(handle)) ? this.#layDown(handle) : 'busy';
  }

  /** Waits until nobody uses a handle. `false`: that took too long. */
  async #isUnused(handle: HandleActor): Promise<boolean> {
    if (handle.references === 0) return true;
    const { deadlines } = this.#kind.services;
    const isUnused = await new Promise<boolean>((resolve) => {
      const late = deadlines.at(deadlines.now() + GIVE_MS, () => resolve(false));
      this.#awaited.set(handle, () => {
        deadlines.cancel(late);
        resolve(true);
      });
    });
    this.#awaited.delete(handle);
    return isUnused;
  }

  unused(handle: HandleActor): void {
    this.#awaited.get(handle)?.();
  }

  async #layDown(handle: HandleActor): Promise<Done> {
    await handle.layDown();
    if (handle.snapshot.hasTag('ending')) {
      await handle.reached('ended');
      return 'moved';
    }
    // What keeps a handle awake keeps it here.
    if (!handle.isAsleep) return awakeBecause(handle.openDormancy?.pinned);
    await handle.release();
    await handle.persistence!.stored();
    this.#kind.passivate(handle);
    await this.#handover.leaving(handle.id);
    return handle.isDismissed ? true : 'busy';
  }
}

/** What comes of a handle that does not sleep. @param pinned `undefined`: it is in use again */
function awakeBecause(pinned: PinnedBy | undefined): Done {
  if (pinned === undefined) return 'moved';
  return pinned === 'store' ? 'busy' : false;
}
