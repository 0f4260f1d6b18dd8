import {
  Actor,
  type ActorOptions,
  type AnyActorLogic,
  type AnyActorRef,
  type EventObject,
  type Snapshot,
} from 'xstate';
import { isPlainData } from '../session/plainData.ts';
import type { ActorRecord, TimerRecord } from '../store/record.ts';
import { calling, guard, guarded, type Heard, listenerOf } from './guard.ts';
import { System, type SystemHost, type SystemOwner } from './system.ts';

export interface LiveActorOptions {
  readonly id: string;
  readonly input: unknown;
  /** What the actor goes on from. */
  readonly record: ActorRecord | undefined;
}

/** The part of an actor by which XState itself stops one that is not a root. */
interface Stoppable {
  _stop(): void;
}

/** The first actor of a system. Whoever hears it may throw, as far as the process is concerned. */
class Root extends Actor<AnyActorLogic> {
  override subscribe(...given: unknown[]): ReturnType<Actor<AnyActorLogic>['subscribe']> {
    const listener = listenerOf(...(given as Parameters<typeof listenerOf>));
    return super.subscribe(guarded(listener, this.#report) as object);
  }

  override on(type: string, handler: Heard): ReturnType<Actor<AnyActorLogic>['on']> {
    return super.on(type, calling(handler, undefined, this.#report));
  }

  get #report(): (error: unknown) => void {
    return (error) => (this.system as unknown as System).error(error);
  }
}

/** One XState actor in a system of its own, with all that it runs. */
export class LiveActor implements SystemOwner {
  readonly actor: Actor<AnyActorLogic>;
  readonly #host: SystemHost;
  readonly #system: System;
  /** Actors below this one that run, and perhaps outlive an error of it. */
  #below: Set<AnyActorRef> | null = null;
  #record: ActorRecord | undefined;
  #isStarted = false;

  constructor(logic: AnyActorLogic, { id, input, record }: LiveActorOptions, host: SystemHost) {
    this.#host = host;
    this.#record = record;
    this.#system = new System(id, host, this);
    const options = {
      id,
      input,
      parent: this.#system as unknown as AnyActorRef,
      ...(record !== undefined && { snapshot: record.snapshot as Snapshot<unknown> }),
    };
    this.actor = new Root(logic, options as ActorOptions<AnyActorLogic>);
    // As it is, and not as one of those that are guarded: there is one for each session.
    Actor.prototype.subscribe.call(this.actor, host as never);
  }

  /** Whether the actor takes events. */
  get isActive(): boolean {
    return this.actor.getSnapshot().status === 'active';
  }

  get dueAt(): number | undefined {
    return this.#system.dueAt;
  }

  /** Something runs that is not data: a promise, a callback, an observable, an actor without name. */
  get isHolding(): boolean {
    if (this.isActive && runs(this.actor)) return true;
    for (const each of this.#below ?? []) {
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
    this.#system.clear();
    for (const each of [this.actor, ...(this.#below ?? [])]) {
      (each as unknown as Stoppable)._stop();
    }
    this.#system.clear();
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
    if (this.dueAt === undefined) return NONE;
    const paths = pathsFrom(this.actor);
    const timers: TimerRecord[] = [];
    for (const { event, id, timed, ...each } of this.#system.delayed) {
      const source = paths.get(each.source);
      const target = paths.get(each.target);
      if (source === undefined || target === undefined || !isPlainData(event)) return undefined;
      timers.push({ source, target, event, id, at: timed.at });
    }
    return timers;
  }

  #schedule({ source, target, event, id, at }: TimerRecord): void {
    const from = actorAt(this.actor, source);
    const to = actorAt(this.actor, target);
    if (from === undefined || to === undefined) return;
    this.#system.schedule(from, to, event as EventObject, at - this.#host.deadlines.now(), id);
  }

  born(actor: AnyActorRef): void {
    if (actor instanceof Root) return;
    guard(actor, (error) => this.#host.error(error));
    const below = (this.#below ??= new Set<AnyActorRef>());
    below.add(actor);
    const gone = (): void => void below.delete(actor);
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
