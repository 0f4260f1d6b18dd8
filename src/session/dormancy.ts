import type { Woken } from './session.ts';
import { byName } from './context.ts';
import { ActorsError } from '../base/errors.ts';
import type { PinnedBy } from '../events/events.ts';
import { count } from '../events/counters.ts';
import type { SessionActor } from './sessionActor.ts';
import { isPlainData } from './plainData.ts';
import type { SessionRecord } from '../store/record.ts';
import type { Sleepers } from '../directory/directory.ts';
import type { Kept } from '../store/writer.ts';

/** A time no deadline reaches, for what is kept for ever; `Infinity` is not for every store. */
const NEVER = Number.MAX_SAFE_INTEGER;

const DONE = Promise.resolve();

/**
 * What stays of one session while it has no server: when it may fall asleep, what is stored of it,
 * and what its next server is told. Made when it is first needed.
 */
export class Keeping implements Kept {
  readonly #actor: SessionActor;
  readonly #sleepers: Sleepers;
  /** What is stored is not what there is. */
  #isDirty = false;
  /** The write that is under way. */
  #storing: Promise<void> | null = null;
  /** It ended: nothing of it is stored any more. */
  #isForgotten: Promise<void> | null = null;
  #pinned: PinnedBy | undefined;
  #kept: unknown;
  #woken: Woken | undefined;
  /** How its last server ended, for as long as there is no other. */
  #left: Omit<Woken, 'kept'> | undefined;
  /** What is stored says that it sleeps. */
  #isStoredAsleep = false;
  /** Told apart from one that was broken off by a message. */
  #dozes = 0;
  expiresAt: number | undefined;
  /** When what is stored of it expires. */
  storedUntil = 0;

  constructor(actor: SessionActor, sleepers: Sleepers) {
    this.#actor = actor;
    this.#sleepers = sleepers;
  }

  get id(): string {
    return this.#actor.id;
  }

  get key(): string {
    return this.#actor.key;
  }

  get pinned(): PinnedBy | undefined {
    return this.#pinned;
  }

  get woken(): Woken | undefined {
    return this.#woken;
  }

  /** What is stored, or will be in a moment, is what there is. */
  get isClean(): boolean {
    return !this.#isDirty && this.#storing === null;
  }

  /** Resolves when the store has forgotten a session that ended. */
  get forgotten(): Promise<void> | null {
    return this.#isForgotten;
  }

  // ---- falling asleep

  /** The machine's effect: says `session.slept` or `sleep.refused`, in this turn where it can. */
  doze(): void {
    const number = ++this.#dozes;
    const { onSleep } = this.#actor.limits;
    const why = this.#why(onSleep !== undefined);
    if (why !== undefined) return this.#refuse(why);
    if (onSleep === undefined) return this.#store(number);
    void this.#ask(onSleep, number);
  }

  /** It is in use. */
  roused(): void {
    this.unpin();
    // Of a sleep that was broken off.
    this.#kept = undefined;
    // Whoever finds it now must not take it for one that slept.
    if (this.#isStoredAsleep) this.changed();
  }

  /** What kept its server is over. */
  unpin(): void {
    if (this.#pinned === undefined) return;
    this.#sleepers.counters.pinned[this.#pinned]--;
    this.#pinned = undefined;
  }

  /** Why it has to keep its server. */
  #why(saysHow: boolean): PinnedBy | undefined {
    const actor = this.#actor;
    if (!saysHow && actor.incarnations.current.owned > 0) return 'resources';
    if (!actor.isStorable) return saysHow || this.#isPlain() ? undefined : 'state';
    return this.#isPlain() ? undefined : 'state';
  }

  #isPlain(): boolean {
    const { state, openLocals: locals, limits } = this.#actor;
    if (limits.serialize === undefined && !isPlainData(state)) return false;
    if (locals === null) return true;
    if (this.#sleepers.isDurable && this.#actor.isStorable && byName(locals) === undefined) {
      return false;
    }
    for (const value of locals.values()) if (!isPlainData(value)) return false;
    return true;
  }

  async #ask(onSleep: (session: never) => unknown, number: number): Promise<void> {
    const actor = this.#actor;
    const { current } = actor.incarnations;
    let kept: unknown;
    try {
      await actor.services.wait(async () => {
        kept = await actor.inSession(() => onSleep(actor.session as never));
      }, undefined);
      if (!this.#isStill(number)) return;
      if (kept === false) return this.#refuse('refused');
      if (!isPlainData(kept)) return this.#refuse('state');
      this.#kept = kept;
      this.#isDirty = true;
      this.#store(number);
    } catch (error) {
      const isTooLate = error instanceof ActorsError && error.code === 'timed-out';
      if (this.#isStill(number) && !isTooLate) return current.crash(error);
      // A message has broken it off, or nobody waits any more.
      actor.journal.orphan('handler', error);
      if (this.#isStill(number)) this.#refuse('refused');
    }
  }

  #store(number: number): void {
    const actor = this.#actor;
    if (!actor.isStorable || !this.#sleepers.isDurable) {
      actor.tell({ type: 'session.slept' });
      return;
    }
    // Changed in place, without `update`, it is not known to be dirty.
    this.store().then(
      () => this.#isStill(number) && actor.tell({ type: 'session.slept' }),
      () => this.#isStill(number) && this.#refuse('store'),
    );
  }

  #isStill(number: number): boolean {
    return number === this.#dozes && this.#actor.path === 'idle.dozing';
  }

  #refuse(why: PinnedBy): void {
    this.#pinned = why;
    this.#sleepers.counters.pinned[why]++;
    const { events } = this.#actor.services;
    events.emit('session.pinned', { session: this.key, why });
    this.#actor.tell({ type: 'sleep.refused' });
  }

  // ---- what is stored

  /** What is stored of the session is not this one's to change: it ended, or another goes on with it. */
  get #isOver(): boolean {
    return this.#isForgotten !== null || this.#actor.isDismissed;
  }

  /** Something that is stored has changed. */
  changed(): void {
    if (this.#isOver || !this.#sleepers.isDurable) return;
    this.#isDirty = true;
    this.#sleepers.mark(this);
  }

  /** What is to be stored of it now. */
  record(): SessionRecord | undefined {
    const actor = this.#actor;
    const { limits, handshake } = actor;
    this.#isDirty = false;
    // Until the next server is there, it is what it was left as.
    const left = this.#left;
    this.#isStoredAsleep =
      left === undefined ? actor.path === 'idle.dozing' : left.cause === 'slept';
    if (!this.#isPlain()) {
      count(actor.services.counters.limits, 'unstorable');
      return undefined;
    }
    const { sleepers } = this;
    const { openLocals: locals, openOutbox } = actor;
    // In use, or attached, it does not expire while this process lives.
    const isResting = actor.isAsleep && !actor.snapshot.context.attached;
    this.storedUntil = (isResting ? this.expiresAt : undefined) ?? sleepers.expiry();
    return {
      id: actor.id,
      key: actor.key,
      principal: actor.principal,
      confirmed: actor.isConfirmed,
      handshake: sleepers.share(handshake.record),
      epoch: actor.incarnations.epoch,
      startedAt: actor.startedAt,
      expiresAt: Math.min(this.storedUntil, NEVER),
      state: limits.serialize === undefined ? actor.state : limits.serialize(actor.state),
      stateVersion: limits.stateVersion,
      locals: locals === null ? undefined : sleepers.isDurable ? byName(locals) : locals,
      kept: this.#kept,
      asked: [...(left?.expired ?? []), ...actor.outgoing.methods],
      asleep: this.#isStoredAsleep,
      standalone: openOutbox?.standalone ?? 0,
    };
  }

  get sleepers(): Sleepers {
    return this.#sleepers;
  }

  /** Called by the deadlines, some time after a change. */
  writeBehind(): void {
    // A write that failed is marked again, perhaps after its session's end.
    if (this.#isDirty && !this.#isOver) this.store().catch(() => {});
  }

  /** Stores it now. @throws whatever the store failed with: the session goes on in memory */
  store(): Promise<void> {
    if (this.#isOver) return DONE;
    const storing = this.#sleepers.put(this);
    this.#storing = storing;
    storing.then(
      () => this.#stored(storing),
      () => {
        this.#isDirty = true;
        this.#stored(storing);
      },
    );
    return storing;
  }

  /** Resolves when all that has changed is stored; `undefined` where it is. */
  get stored(): Promise<void> | undefined {
    return this.#isDirty ? this.store() : (this.#storing ?? undefined);
  }

  #stored(storing: Promise<void>): void {
    if (this.#storing !== storing) return;
    this.#storing = null;
    // It may have been all that kept a sleeping session here.
    this.#actor.layDown();
  }

  /** It ended and must not come back. */
  forget(): void {
    this.#isForgotten ??= this.#sleepers.forget(this);
    // Whoever needs to know awaits it; nobody else has to.
    this.#isForgotten.catch(() => {});
  }

  // ---- waking

  /** From a record: what the actor takes from it is its own. */
  restore(record: SessionRecord): void {
    this.#kept = record.kept;
    this.expiresAt = record.expiresAt;
    this.storedUntil = record.expiresAt;
    this.#isStoredAsleep = record.asleep;
    this.#left = { cause: record.asleep ? 'slept' : 'restarted', expired: record.asked };
  }

  /** Its server is given up. */
  slept(): void {
    this.expiresAt = this.#sleepers.expiry();
    this.#left = { cause: 'slept', expired: [] };
  }

  /** Its server crashed. @param expired methods of the questions it had open */
  crashed(expired: readonly string[]): void {
    this.unpin();
    this.#kept = undefined;
    this.#left = { cause: 'crashed', expired };
  }

  /** A server takes over. */
  wakes(): Woken {
    const { cause = 'slept', expired = [] } = this.#left ?? {};
    this.#woken = { cause, expired, kept: this.#kept };
    this.#left = undefined;
    this.#kept = undefined;
    this.expiresAt = undefined;
    return this.#woken;
  }
}
