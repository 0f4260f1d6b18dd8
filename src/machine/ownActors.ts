import type { AnyActorLogic } from 'xstate';
import type { Timed } from '../base/timetable.ts';
import { atOnce } from '../base/awaitable.ts';
import { check } from '../base/check.ts';
import { ActorsError } from '../base/errors.ts';
import type { RecordedActors, UserActors } from '../session/userActors.ts';
import type { ActorRecord, ActorsRecord } from '../store/record.ts';
import { ActorFacade } from './actorFacade.ts';
import { type ActorView, viewsOf } from './actorView.ts';
import { ActorHost, type ActingSession, type ActorWatcher } from './actorHost.ts';
import { LiveActor } from './liveActor.ts';
import { isLogic, type MachineSettings } from './options.ts';

/** An actor that runs, with what user code holds of it. */
interface Running {
  readonly live: LiveActor;
  readonly facade: ActorFacade;
  /** A server made later can make the actor again. */
  readonly isRepeated: boolean;
}

/** What the actors of a session go on from: its record, with times of this process's clock. */
type Kept = Omit<ActorsRecord, 'base'>;

/** How soon a session that found no place to wake in tries again. */
const AGAIN_MS = 1000;

/** The user's actors in one session, one server after the other. */
export class OwnActors implements UserActors, ActorWatcher {
  readonly #session: ActingSession;
  readonly #settings: MachineSettings | null;
  /** Told when the session has no actors any more. */
  readonly #forget: () => void;
  #main: Running | null = null;
  /** Made with the first of them. */
  #spawned: Map<string, Running> | null = null;
  #kept: Kept | undefined;
  /** The server is there, and its actors run. */
  #isOn = false;
  #alarm: Timed | null = null;
  #isTouched = false;

  constructor(session: ActingSession, settings: MachineSettings | null, forget: () => void) {
    this.#session = session;
    this.#settings = settings;
    this.#forget = forget;
  }

  get main(): ActorFacade | undefined {
    return this.#main?.facade;
  }

  // ---- beginning

  /** Goes on from what was stored. */
  restore({ version, main, spawned }: ActorsRecord, byMs: number): void {
    this.#kept = {
      version,
      main: main && moved(main, byMs),
      spawned: spawned && new Map(Array.from(spawned, ([id, each]) => [id, moved(each, byMs)])),
    };
    this.#watchAlarm();
  }

  /** Makes the actor of the option `machine`; it starts with {@link start}. */
  prepare(): void {
    this.#cancelAlarm();
    if (this.#settings === null) return;
    const { logic, input } = this.#settings;
    const record = this.#migrated();
    const id = 'id' in logic && typeof logic.id === 'string' ? logic.id : 'machine';
    this.#main = this.#make(logic, { id, record }, () => input?.(this.#session.session), true);
  }

  spawn(
    logic: AnyActorLogic,
    { id, input }: { readonly id: string; readonly input?: unknown },
  ): ActorFacade {
    this.#check(logic, id);
    const record = this.#isOn ? undefined : this.#kept?.spawned?.get(id);
    const running = this.#make(logic, { id, record }, () => input, !this.#isOn);
    this.#spawned ??= new Map<string, Running>();
    this.#spawned.set(id, running);
    if (!this.#isOn) return running.facade;
    // What is over, and what no later server makes again, is nothing to remember.
    const over = (): void => {
      if (this.#spawned?.get(id) === running) this.#spawned.delete(id);
    };
    running.live.actor.subscribe({ error: over, complete: over });
    running.live.start();
    return running.facade;
  }

  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#announceUnclaimed();
    this.#kept = undefined;
    for (const { live } of this.#running()) live.start();
    // What starts by itself is made again in the same way.
    this.#isTouched = false;
  }

  // ---- ending

  stop(): void {
    const { isAsleep, reason, snapshot } = this.#session;
    // In a drain, another process may go on with the session.
    const goesOn = !snapshot.hasTag('ending') || reason === 'drained';
    if (this.#isOn) this.#kept = goesOn ? this.record().actors : undefined;
    const running = [...this.#running()].toReversed();
    this.#isOn = false;
    this.#main = null;
    this.#spawned = null;
    for (const { facade, live } of running) {
      facade.over();
      live.stop();
    }
    if (isAsleep) this.#watchAlarm();
  }

  leave(): void {
    this.#cancelAlarm();
    this.#forget();
  }

  /** The actors that run, and those below them. */
  *views(): Generator<ActorView> {
    if (!this.#isOn) return;
    for (const { live } of this.#running()) yield* viewsOf(live.actor);
  }

  // ---- what is kept

  get isHolding(): boolean {
    if (this.#settings?.staysAwake === true && this.dueAt !== undefined) return true;
    for (const { live, isRepeated } of this.#running()) {
      if (live.isHolding || (live.isActive && !isRepeated)) return true;
      if (live.isActive && live.persisted() === undefined) return true;
    }
    return false;
  }

  get dueAt(): number | undefined {
    let first = Infinity;
    for (const { live } of this.#running()) first = Math.min(first, live.dueAt ?? Infinity);
    if (!this.#isOn) for (const each of this.#keptRecords()) first = Math.min(first, dueAtOf(each));
    return first === Infinity ? undefined : first;
  }

  record(): RecordedActors {
    const { dueAt } = this;
    if (!this.#isOn) return { actors: this.#kept, dueAt, leftOut: [] };
    const leftOut: string[] = [];
    const recordOf = ({ live, facade, isRepeated }: Running): ActorRecord | undefined => {
      const record = isRepeated ? live.persisted() : undefined;
      if (live.isActive && record === undefined) leftOut.push(facade.id);
      return record;
    };
    const main = this.#main === null ? undefined : recordOf(this.#main);
    const spawned = new Map<string, ActorRecord>();
    for (const [id, running] of this.#spawned ?? []) {
      const record = recordOf(running);
      if (record !== undefined) spawned.set(id, record);
    }
    const version = this.#settings?.version ?? 1;
    const actors = { version, main, spawned: spawned.size === 0 ? undefined : spawned };
    return { actors, dueAt, leftOut };
  }

  get isTouched(): boolean {
    return this.#isTouched;
  }

  changed(): void {
    if (!this.#isOn) return;
    this.#isTouched = true;
    const session = this.#session;
    session.stateChanged();
    const { isDozing, snapshot } = session;
    if (!snapshot.hasTag('activate') || !snapshot.hasTag('resident') || isDozing) return;
    // One that is about to fall asleep by itself is left to that.
    if (snapshot.hasTag('warm') && snapshot.context.sleeps) return;
    // Perhaps nothing of the actors keeps the idle session any more.
    if (!this.isHolding && this.dueAt === undefined) session.activate();
  }

  // ---- parts

  *#running(): Generator<Running> {
    if (this.#main !== null) yield this.#main;
    yield* this.#spawned?.values() ?? [];
  }

  #make(
    logic: AnyActorLogic,
    { id, record }: { readonly id: string; readonly record: ActorRecord | undefined },
    input: () => unknown,
    isRepeated: boolean,
  ): Running {
    const { current } = this.#session.incarnations;
    const host = new ActorHost(this.#session, current, this);
    const made = record === undefined ? atOnce('input', input()) : undefined;
    const live = new LiveActor(logic, { id, input: made, record }, host);
    return { live, facade: new ActorFacade(id, live, host), isRepeated };
  }

  /** @throws ActorsError `bad-option`, `session-over`, `too-many-resources` */
  #check(logic: unknown, id: unknown): void {
    const { incarnations, journal, services, snapshot } = this.#session;
    const { current } = incarnations;
    check('spawn', 'the logic of an actor', logic, isLogic);
    check('id', 'a text', id, (value) => typeof value === 'string' && value !== '');
    if (current.isReleased || snapshot.hasTag('ending')) {
      throw new ActorsError('session-over', 'spawn() after the server was released');
    }
    const known = this.#spawned?.get(id as string);
    if (known?.live.isActive === true) {
      throw new ActorsError('bad-option', 'there is an actor of this id in the session');
    }
    const { maxResources } = services.limits;
    if (current.owned + (this.#spawned?.size ?? 0) < maxResources) return;
    journal.tripped('maxResources');
    throw new ActorsError('too-many-resources', `a session owns at most ${maxResources} resources`);
  }

  #migrated(): ActorRecord | undefined {
    const { main, version } = this.#kept ?? {};
    const { migrate, version: present } = this.#settings ?? {};
    if (main === undefined || version === present || migrate === undefined) return main;
    return { ...main, snapshot: atOnce('machine.migrate', migrate(main.snapshot, version!)) };
  }

  *#keptRecords(): Generator<ActorRecord> {
    if (this.#kept?.main !== undefined) yield this.#kept.main;
    yield* this.#kept?.spawned?.values() ?? [];
  }

  /** What was kept of actors that this program does not make any more is lost. */
  #announceUnclaimed(): void {
    const { key, services } = this.#session;
    const lost = [...(this.#kept?.spawned?.keys() ?? [])].filter(
      (id) => this.#spawned?.has(id) !== true,
    );
    if (this.#kept?.main !== undefined && this.#main === null) lost.push('machine');
    for (const local of lost) {
      services.counters.unstorable.actor++;
      services.events.emit('session.unstorable', { session: key, what: 'actor', local });
    }
  }

  /** Has the sleeping session wake for its next delayed event. */
  #watchAlarm(at = this.dueAt): void {
    this.#cancelAlarm();
    if (at === undefined) return;
    const { clock, deadlines } = this.#session.services;
    this.#alarm = deadlines.at(at, () => {
      this.#alarm = null;
      if (this.#session.wake() || this.#session.snapshot.hasTag('ending')) return;
      this.#watchAlarm(clock.now() + AGAIN_MS);
    });
  }

  #cancelAlarm(): void {
    if (this.#alarm !== null) this.#session.services.deadlines.cancel(this.#alarm);
    this.#alarm = null;
  }
}

function dueAtOf({ timers }: ActorRecord): number {
  return timers.reduce((first, { at }) => Math.min(first, at), Infinity);
}

function moved(record: ActorRecord, byMs: number): ActorRecord {
  if (byMs === 0 || record.timers.length === 0) return record;
  return { ...record, timers: record.timers.map((each) => ({ ...each, at: each.at + byMs })) };
}
