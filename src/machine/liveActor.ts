import {
  type Actor,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type InspectionEvent,
  type Snapshot,
} from 'xstate';
import type { Timed } from '../base/timetable.ts';
import { isPlainData } from '../session/plainData.ts';
import type { ActorRecord, TimerRecord } from '../store/record.ts';
import { Agenda, type AgendaHost } from './agenda.ts';
import { guard } from './guard.ts';

/** What a live actor needs of its session. */
export interface LiveActorHost extends AgendaHost {
  /** The actor, one below it, or whoever hears one of them, has thrown. */
  failed(error: unknown): void;
  /** The snapshot of the actor, or of one below it, has changed. */
  changed(): void;
  log(id: string, args: readonly unknown[]): void;
}

export interface LiveActorOptions {
  readonly id: string;
  readonly input: unknown;
  /** What the actor goes on from. */
  readonly record: ActorRecord | undefined;
}

/** The part of an actor by which XState itself stops one that is not a root. */
interface Stoppable {
  _stop?(): void;
}

/** One XState actor in a system of its own, with all that it runs. */
export class LiveActor {
  readonly actor: Actor<AnyActorLogic>;
  readonly #host: LiveActorHost;
  readonly #agenda: Agenda;
  /** Actors below this one that run, and perhaps outlive an error of it. */
  readonly #below = new Set<AnyActorRef>();
  /** When each of XState's scheduled events is due. */
  readonly #due = new WeakMap<object, Timed>();
  #record: ActorRecord | undefined;
  #isStarted = false;
  #hasRoot = false;

  constructor(logic: AnyActorLogic, { id, input, record }: LiveActorOptions, host: LiveActorHost) {
    this.#host = host;
    this.#record = record;
    this.#agenda = new Agenda(host);
    this.actor = createActor(logic, {
      id,
      input,
      clock: this.#agenda,
      logger: (...args) => host.log(id, args),
      inspect: (event) => this.#inspect(event),
      ...(record !== undefined && { snapshot: record.snapshot as Snapshot<unknown> }),
    });
    this.#agenda.onSet = (timed) => this.#note(timed);
    this.actor.subscribe({ error: (error) => host.failed(error) });
  }

  /** Whether the actor takes events. */
  get isActive(): boolean {
    return this.actor.getSnapshot().status === 'active';
  }

  get dueAt(): number | undefined {
    return this.#agenda.dueAt;
  }

  /** Something runs that is not data: a promise, a callback, an observable, an actor without name. */
  get isHolding(): boolean {
    if (this.isActive && runs(this.actor)) return true;
    for (const each of this.#below) {
      const isNameless = typeof each.src !== 'string';
      if (each.getSnapshot().status === 'active' && (isNameless || runs(each))) return true;
    }
    return false;
  }

  start(): void {
    this.#isStarted = true;
    this.actor.start();
    const timers = this.#record?.timers ?? [];
    this.#record = undefined;
    for (const timer of timers) this.#schedule(timer);
  }

  /** Stops the actor, and whatever an error has left running below it. */
  stop(): void {
    this.#agenda.clear();
    this.actor.stop();
    for (const each of this.#below) (each as unknown as Stoppable)._stop?.();
    this.#agenda.clear();
  }

  /** What another actor goes on from; `undefined` where there is nothing that can be kept. */
  persisted(): ActorRecord | undefined {
    if (!this.#isStarted) return this.#record;
    if (this.actor.getSnapshot().status === 'error') return undefined;
    const timers = this.#timers();
    const snapshot = this.#snapshot();
    if (timers === undefined || snapshot === undefined) return undefined;
    return { snapshot, timers };
  }

  #snapshot(): unknown {
    try {
      const snapshot: unknown = this.actor.getPersistedSnapshot();
      return isPlainData(snapshot) ? snapshot : undefined;
    } catch {
      // XState says so of an actor whose logic has no name.
      return undefined;
    }
  }

  #timers(): readonly TimerRecord[] | undefined {
    const scheduled = Object.values(this.actor.system.getSnapshot()._scheduledEvents);
    if (scheduled.length === 0) return NONE;
    const paths = pathsFrom(this.actor);
    const timers: TimerRecord[] = [];
    for (const each of scheduled) {
      const { event, id } = each;
      const source = paths.get(each.source);
      const target = paths.get(each.target);
      const at = this.#due.get(each)?.at;
      if (source === undefined || target === undefined || at === undefined) return undefined;
      if (!isPlainData(event)) return undefined;
      timers.push({ source, target, event, id, at });
    }
    return timers;
  }

  #schedule({ source, target, event, id, at }: TimerRecord): void {
    const from = actorAt(this.actor, source);
    const to = actorAt(this.actor, target);
    if (from === undefined || to === undefined) return;
    const delayMs = at - this.#host.deadlines.now();
    this.actor.system.scheduler.schedule(from, to, event as { type: string }, delayMs, id);
  }

  /** Notes which of XState's scheduled events a delay is for: the one that was not there before. */
  #note(timed: Timed): void {
    for (const each of Object.values(this.actor.system.getSnapshot()._scheduledEvents)) {
      if (!this.#due.has(each)) this.#due.set(each, timed);
    }
  }

  #inspect(event: InspectionEvent): void {
    if (event.type === '@xstate.actor') this.#born(event.actorRef as AnyActorRef);
    else if (event.type === '@xstate.snapshot') this.#host.changed();
  }

  #born(actor: AnyActorRef): void {
    guard(actor, (error) => this.#host.failed(error));
    // The root is the first, told of while it is being made.
    if (!this.#hasRoot) {
      this.#hasRoot = true;
      return;
    }
    this.#below.add(actor);
    const gone = (): void => void this.#below.delete(actor);
    actor.subscribe({ error: gone, complete: gone });
  }
}

const NONE: readonly TimerRecord[] = [];

/** The ids that lead to each actor of a system. */
function pathsFrom(root: AnyActorRef): Map<AnyActorRef, readonly string[]> {
  const paths = new Map<AnyActorRef, readonly string[]>([[root, []]]);
  for (const [actor, path] of paths) {
    for (const [id, child] of Object.entries(childrenOf(actor))) {
      if (child !== undefined) paths.set(child, [...path, id]);
    }
  }
  return paths;
}

function actorAt(root: AnyActorRef, path: readonly string[]): AnyActorRef | undefined {
  let actor: AnyActorRef | undefined = root;
  for (const id of path) actor = actor && childrenOf(actor)[id];
  return actor;
}

function childrenOf(actor: AnyActorRef): Readonly<Record<string, AnyActorRef | undefined>> {
  const { children = {} } = actor.getSnapshot() as { children?: Record<string, AnyActorRef> };
  return children;
}

/** Whether an actor's logic is more than a function of events: such a thing begins anew each time. */
function runs(actor: AnyActorRef): boolean {
  const { logic } = actor as unknown as { readonly logic?: AnyActorLogic };
  return logic?.start !== undefined && !('machine' in actor.getSnapshot());
}
