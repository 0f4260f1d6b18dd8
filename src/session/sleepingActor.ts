import { Actor } from '../actor/actor.ts';
import type { Connection } from './connection.ts';
import { runInSession } from './context.ts';
import type { PinnedBy } from '../events/events.ts';
import type { Handshake } from './handshake.ts';
import type { Incarnations } from './incarnations.ts';
import type { Ask } from './envelope.ts';
import type { Outbox } from '../http/outbox.ts';
import type { Outgoing } from './outgoing.ts';
import type { Services } from '../events/services.ts';
import type { SessionActor } from './sessionActor.ts';
import type { SessionHandle } from './sessionHandle.ts';
import { Updates } from '../base/serialQueue.ts';
import type { Uploads } from './uploads.ts';
import type { ResponseMessage } from '../wire/jsonrpc.ts';
import { EventLog } from '../http/eventLog.ts';
import { Keeping } from './dormancy.ts';
import { type Woken } from './session.ts';
import type { Sleepers } from '../directory/directory.ts';
import { StreamRows } from '../http/streamRows.ts';

const DONE = Promise.resolve();
const STORED = Promise.resolve(true);

/** Requests whose answers change what the next server is told. */
const HANDSHAKE_CHANGES: ReadonlySet<string> = new Set([
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
]);

/**
 * An actor that can do without its server for a while: it sleeps and wakes, in this process or, by
 * its record, in the next one.
 */
export abstract class SleepingActor extends Actor {
  /** The value of the runtime's `state` option. */
  state: unknown;
  #keeping: Keeping | null = null;
  #updates: Updates | null = null;
  #isDismissed = false;

  abstract readonly handshake: Handshake;
  abstract readonly incarnations: Incarnations;
  abstract readonly outgoing: Outgoing;
  abstract readonly session: SessionHandle;
  abstract readonly uploads: Uploads | null;
  abstract readonly openOutbox: Outbox | null;
  protected abstract readonly self: SessionActor;
  /** It has an id to come back with, so a record of it is of use. */
  abstract readonly isStorable: boolean;
  abstract rouse(): void;

  // ---- what is the same for every session, asleep or not

  get limits(): Services['settings'] {
    return this.services.settings;
  }

  get responseMode(): Services['settings']['responseMode'] {
    return this.services.settings.responseMode;
  }

  get keepAlive(): Services['keepAlive'] {
    return this.services.keepAlive;
  }

  get replayAge(): Services['replayAge'] {
    return this.services.replayAge;
  }

  get protocolVersion(): string | undefined {
    return this.handshake.protocolVersion;
  }

  get epoch(): number {
    return this.incarnations.epoch;
  }

  // ---- sleep

  /** What stays of it without a server; made when it is first asked for. */
  get keeping(): Keeping {
    this.#keeping ??= new Keeping(this.self, this.sleepers);
    return this.#keeping;
  }

  /** It was stored in a durable store, and not forgotten. */
  get isKept(): boolean {
    return this.#keeping !== null && this.isStorable && this.sleepers.isDurable;
  }

  get isAsleep(): boolean {
    return this.snapshot.hasTag('asleep');
  }

  /** Nothing in this process needs it: it can go on as its record. */
  get canLieDown(): boolean {
    if (!this.isAsleep || !this.isStorable || this.holdsPlace) return false;
    if (this.#updates?.isEmpty === false) return false;
    if (this.uploads?.isEmpty === false || !this.incarnations.isReleased) return false;
    const { openOutbox } = this;
    if (openOutbox === null || openOutbox.isEmpty) return true;
    return openOutbox.isStored && openOutbox.live === 0;
  }

  get pinned(): PinnedBy | undefined {
    return this.#keeping?.pinned;
  }

  get woken(): Woken | undefined {
    return this.#keeping?.woken;
  }

  /** The actor of this session in this process, where this one has become a record. */
  get successor(): SessionActor | undefined {
    return this.#isDismissed ? this.sleepers.successor(this.self) : undefined;
  }

  /** It goes on as a record; what is asked of this actor is of no use any more. */
  get isDismissed(): boolean {
    return this.#isDismissed;
  }

  /** Changes the state. What `change` returns becomes the state; nothing keeps the one there is. */
  async update(change: (state: unknown) => unknown): Promise<unknown> {
    this.#updates ??= new Updates();
    const state = this.#updates.run(async () => {
      const next = await change(this.state);
      if (next !== undefined) this.state = next;
      this.stateChanged();
      return this.state;
    });
    try {
      return await state;
    } finally {
      // It may have kept a sleeping session here.
      this.layDown();
    }
  }

  /** It goes on as a record. */
  dismissed(): void {
    this.#isDismissed = true;
    this.disarm();
    this.openOutbox?.close();
  }

  inSession<R>(run: () => R): R {
    return runInSession(this.incarnations.current, run);
  }

  /** What is kept of it has changed: only a durable store needs to hear. */
  stateChanged(): void {
    if (this.sleepers.isDurable && this.isStorable) this.keeping.changed();
  }

  /** After its end: resolves when the store has forgotten it; `null` where it knew nothing. */
  get forgotten(): Promise<void> | null {
    return this.#keeping?.forgotten ?? null;
  }

  /** Stores what is kept of it. `false`: the store failed, and it goes on in memory. */
  async stored(): Promise<boolean> {
    if (!this.sleepers.isDurable || !this.isStorable) return true;
    return await this.keeping.store().then(
      () => true,
      () => false,
    );
  }

  /** An answer leaves when what it was computed from is stored (the first one, when anything is). */
  beforeAnswer(ask: Ask, response: ResponseMessage): Promise<boolean> | undefined {
    if (!this.sleepers.isDurable || !this.isStorable) return undefined;
    const { method } = ask.message;
    if (method === 'initialize') {
      if (response.result === undefined) return undefined;
      this.handshake.note(ask, response);
      return this.stored();
    }
    if (HANDSHAKE_CHANGES.has(method)) {
      this.handshake.note(ask, response, this.limits.maxSubscriptionBytes);
      this.keeping.changed();
    }
    // Its client is answered whether or not the store took it: the session goes on in memory.
    return this.keeping.stored?.then(
      () => true,
      () => true,
    );
  }

  get sleepers(): Sleepers {
    // Made with the runtime; sessions are not made without one.
    return this.services.sleepers!;
  }

  override lookForQuiet(): void {
    if (!this.isAsleep) super.lookForQuiet();
    else if (!this.snapshot.context.attached) this.#restless();
  }

  /** Somebody looked at it while it slept. */
  #restless(): void {
    this.layDown();
    if (!this.#isDismissed) this.services.quiet.arm(this);
  }

  keepRows(next: number): StreamRows | null {
    const sleepers = this.sleepers;
    if (!sleepers.isDurable) return null;
    return new StreamRows((n, row) => {
      return this.forgotten === null ? sleepers.row(this.id, n, row) : STORED;
    }, next);
  }

  get events(): EventLog | null {
    const { eventStore } = this.limits;
    return eventStore === undefined ? null : new EventLog(eventStore, this);
  }

  eventsFailed(error: unknown): void {
    this.services.events.emit('store.failed', { session: this.key, doing: 'append', error });
  }

  rested(): void {
    this.layDown();
  }

  /** Rouses it, if it is not in use. `false` where there is no place for it. */
  wake(): boolean {
    if (this.snapshot.hasTag('ending') || (this.isAsleep && this.takePlace() !== undefined))
      return false;
    if (this.arrival === 'rouse') this.rouse();
    return true;
  }

  /** Leaves this process where nothing of it is needed here. */
  layDown(): void {
    if (!this.isAsleep) return;
    this.sleepers.layDown(this.self);
    // What is still on its way to the store will have got there.
    if (!this.#isDismissed && this.canLieDown) this.services.quiet.arm(this);
  }

  /** The next server is there and knows its client; nothing has reached it yet. */
  async woke(connection: Connection, began: number): Promise<void> {
    const { counters, events, settings } = this.services;
    const woken = this.keeping.wakes();
    const { cause } = woken;
    for (const method of woken.expired) {
      events.emit('question.expired', { session: this.key, method, cause });
    }
    await settings.onWake?.(this.session, woken);
    if (connection.isReleased) return;
    if (cause === 'crashed') counters.restarts++;
    else counters.woken++;
    const { epoch } = this.incarnations;
    events.emit('session.woken', { session: this.key, cause, epoch, ms: this.now() - began });
  }

  fallAsleep(): void {
    this.giveUpPlace();
    this.keeping.slept();
    this.services.counters.slept++;
    this.services.events.emit('session.slept', { session: this.key });
    void this.incarnations.release().then(() => this.layDown());
  }

  override yieldPlace(): boolean {
    // One that can sleep at once loses nothing by it; who has just been told waits for the store.
    if (this.path === 'idle.warm' && this.snapshot.context.sleeps && this.isConfirmed) {
      this.tell({ type: 'deadline.passed' });
    }
    if (!this.holdsPlace || this.path === 'idle.dozing') return !this.holdsPlace;
    return super.yieldPlace();
  }

  /** A stream of it was opened or closed in its sleep: its time runs from when the last one closes. */
  protected lookedAt(attached: boolean): void {
    this.keeping.expiresAt = this.sleepers.expiry();
    this.stateChanged();
    if (attached) return;
    // Not in the middle of whatever ended its stream.
    void DONE.then(() => this.layDown());
  }

  /** It is in use. */
  protected roused(): void {
    this.#keeping?.roused();
  }

  /** Its server crashed, and the next one is to be told. */
  protected noteCrash(): void {
    this.keeping.crashed(this.outgoing.methods);
  }

  /** It ends: nothing of it may come back, unless another process is to go on with it. */
  protected forget(): void {
    this.#keeping?.unpin();
    if (this.reason !== 'drained' && this.isKept) this.keeping.forget();
  }

  /** It goes on elsewhere: what it is now is what it goes on from. */
  protected async handOver(): Promise<void> {
    if (this.reason === 'drained' && this.isKept && (await this.stored())) this.services.kept++;
  }
}
