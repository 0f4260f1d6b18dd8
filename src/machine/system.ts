import type { AnyActorRef, EventObject, InspectionEvent, Observer, Subscription } from 'xstate';
import type { Deadlines } from '../base/deadlines.ts';
import type { Timed } from '../base/timetable.ts';

/** What a system of actors needs of its session. */
export interface SystemHost {
  readonly deadlines: Deadlines;
  /** Runs a callback as part of the session. */
  run<R>(callback: () => R): R;
  /** Goes on at once, or when it can be told again whether the session is this process's. */
  whenOwn(go: () => void): void;
  /** A snapshot of an actor has changed, or a delay has begun, has passed or was cancelled. */
  changed(): void;
  /** An actor, or whoever hears one, has thrown. */
  error(error: unknown): void;
  /** Somebody hears what actors do. */
  readonly isWatched: boolean;
  /** An actor has made a step. @param actor the ids that lead to it */
  stepped(actor: string, event: string, before: unknown, now: unknown): void;
  log(id: string, args: readonly unknown[]): void;
}

/** Whose system it is. */
export interface SystemOwner {
  /** An actor is made: the root is the first. */
  born(actor: AnyActorRef): void;
}

/** An event that is sent after a delay. */
export interface Delayed {
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: EventObject;
  /** The name by which the delay can be cancelled. */
  readonly id: string;
  readonly timed: Timed;
}

type Inspect = (event: InspectionEvent) => void;

/** An inspection event before the system has said which system it is of. */
type Inspected = InspectionEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'rootId'>
    : never
  : never;

/**
 * The system of one actor, as XState asks for it: XState's own takes twice the memory of the actor,
 * and has timers of the host, which a snapshot loses. Delays are deadlines of the runtime here. The
 * members that begin with an underscore are XState's.
 *
 * The system is also what the root has for a parent, so that XState makes it no other one.
 */
export class System {
  readonly #host: SystemHost;
  readonly #owner: SystemOwner;
  readonly _logger: (...args: unknown[]) => void;
  #delayed: Map<string, Delayed> | null = null;
  #named: Map<string, AnyActorRef> | null = null;
  #inspectors: Set<Inspect> | null = null;
  /** The last snapshot of each actor, while somebody hears what actors do. */
  #last: Map<AnyActorRef, unknown> | null = null;
  #rootId = '';
  #ids = 0;

  constructor(id: string, host: SystemHost, owner: SystemOwner) {
    this.#host = host;
    this.#owner = owner;
    this._logger = (...args) => host.log(id, args);
  }

  get system(): this {
    return this;
  }

  get scheduler(): this {
    return this;
  }

  error(error: unknown): void {
    this.#host.error(error);
  }

  // ---- actors

  _bookId(): string {
    return `x:${this.#ids++}`;
  }

  _register(sessionId: string): string {
    return sessionId;
  }

  _unregister(actor: AnyActorRef): void {
    const { systemId } = actor as { readonly systemId?: string };
    if (systemId !== undefined && this.get(systemId) === actor) this.#named?.delete(systemId);
  }

  _set(systemId: string, actor: AnyActorRef): void {
    this.#named ??= new Map<string, AnyActorRef>();
    const known = this.#named.get(systemId);
    if (known !== undefined && known !== actor) {
      throw new Error(`an actor of the system ID '${systemId}' is there already`);
    }
    this.#named.set(systemId, actor);
  }

  get(systemId: string): AnyActorRef | undefined {
    return this.#named?.get(systemId);
  }

  getAll(): Readonly<Record<string, AnyActorRef>> {
    return Object.fromEntries(this.#named ?? []);
  }

  _relay(source: AnyActorRef | undefined, target: object, event: EventObject): void {
    // What the root tells its parent: that it is done, or its error, which its observers have heard.
    if (target === this) return;
    const actorRef = target as AnyActorRef & { _send(event: EventObject): void };
    this._sendInspectionEvent({ type: '@xstate.event', sourceRef: source, actorRef, event });
    actorRef._send(event);
  }

  inspect(observer: Observer<InspectionEvent> | Inspect): Subscription {
    const inspect: Inspect =
      typeof observer === 'function' ? observer : (event) => observer.next?.(event);
    this.#inspectors ??= new Set<Inspect>();
    const inspectors = this.#inspectors.add(inspect);
    return { unsubscribe: () => void inspectors.delete(inspect) };
  }

  _sendInspectionEvent(event: Inspected): void {
    const actor = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') {
      this.#rootId ||= actor.sessionId;
      this.#owner.born(actor);
    } else if (event.type === '@xstate.snapshot') {
      if (this.#host.isWatched) this.#announce(actor, event.event.type, event.snapshot);
      else this.#last = null;
      this.#host.changed();
    }
    if (this.#inspectors === null) return;
    const whole = { ...event, rootId: this.#rootId };
    for (const inspect of this.#inspectors) {
      try {
        inspect(whole);
      } catch (error) {
        this.#host.error(error);
      }
    }
  }

  #announce(actor: AnyActorRef, type: string, snapshot: unknown): void {
    const last = (this.#last ??= new Map<AnyActorRef, unknown>());
    const before = last.get(actor);
    // What a state does not take is no step.
    if (before === snapshot) return;
    last.set(actor, snapshot);
    if ((snapshot as { readonly status?: unknown }).status !== 'active') last.delete(actor);
    this.#host.stepped(this.#pathOf(actor), type, before, snapshot);
  }

  #pathOf(actor: AnyActorRef): string {
    const ids: string[] = [];
    let each: { readonly id?: string; readonly _parent?: object } = actor as object;
    while (each !== this && each.id !== undefined) {
      ids.unshift(each.id);
      each = each._parent ?? this;
    }
    return ids.join('/');
  }

  // ---- delays

  /** When the next delay has passed, in milliseconds since the epoch. */
  get dueAt(): number | undefined {
    let first = Infinity;
    for (const { timed } of this.delayed) first = Math.min(first, timed.at);
    return first === Infinity ? undefined : first;
  }

  get delayed(): Iterable<Delayed> {
    return this.#delayed?.values() ?? [];
  }

  /** @param delayMs less than 0 for what was due in the past: of those, the first is due first */
  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    delayMs: number,
    id = `delayed:${this.#ids++}`,
  ): void {
    const { deadlines } = this.#host;
    this.#drop(keyOf(source, id));
    const delayed = (this.#delayed ??= new Map<string, Delayed>());
    const key = keyOf(source, id);
    const due = (): void => {
      // Cancelled meanwhile, or the session is another process's, which makes the transition.
      if (delayed.get(key)?.timed !== timed) return;
      delayed.delete(key);
      this.#host.run(() => this._relay(source, target, event));
      this.#host.changed();
    };
    const at = deadlines.now() + (Number.isNaN(delayMs) ? 0 : delayMs);
    const timed = deadlines.at(at, () => this.#host.whenOwn(due));
    delayed.set(key, { source, target, event, id, timed });
    this.#host.changed();
  }

  cancel(source: AnyActorRef, id: string): void {
    if (this.#drop(keyOf(source, id))) this.#host.changed();
  }

  cancelAll(actor: AnyActorRef): void {
    for (const { source, id } of this.delayed) if (source === actor) this.cancel(source, id);
  }

  /** Cancels all delays. */
  clear(): void {
    for (const { source, id } of this.delayed) this.#drop(keyOf(source, id));
  }

  getSnapshot(): { readonly _scheduledEvents: Readonly<Record<string, Delayed>> } {
    return { _scheduledEvents: Object.fromEntries(this.#delayed ?? []) };
  }

  #drop(key: string): boolean {
    const delayed = this.#delayed?.get(key);
    if (delayed === undefined) return false;
    this.#delayed?.delete(key);
    this.#host.deadlines.cancel(delayed.timed);
    return true;
  }
}

/** The session id of an actor has no dot in it, so the key of a pair is the pair's alone. */
function keyOf({ sessionId }: AnyActorRef, id: string): string {
  return `${sessionId}.${id}`;
}
