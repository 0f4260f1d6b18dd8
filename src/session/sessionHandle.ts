import type { AnyActorLogic } from 'xstate';
import { ActorsError } from '../base/errors.ts';
import type { Owned, OwnOptions } from '../base/scope.ts';
import type { Journal, LogEntry, ProgressEntry } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import type { NotificationMessage } from '../wire/jsonrpc.ts';
import type { Connection } from './connection.ts';
import { callIn } from './context.ts';
import type { Handshake } from './handshake.ts';
import { LazyResource } from './lazyResource.ts';
import type { Lazy, LazyOptions, ServerOptions, Session, Woken } from './session.ts';
import type { UserActor } from './userActor.ts';
import type { UserActors } from './userActors.ts';
import type { Implementation } from '../wire/implementation.ts';

/** The actor of a session, as the session's handle uses it. */
export interface HandleHost extends Pick<
  Session,
  'id' | 'key' | 'principal' | 'protocolVersion' | 'startedAt' | 'state' | 'woken'
> {
  /** What the session is of where no client named it. */
  readonly home: string | undefined;
  readonly handshake: Handshake;
  readonly services: Services;
  /** How much work pins the session. */
  readonly references: number;
  readonly world: {
    readonly serverOptions: ServerOptions;
    readonly actors: { readonly hasMachine: boolean; open(session: HandleHost): UserActors };
  };
  readonly outlets: { readonly serverOptions?: object };
  readonly userActors: UserActors | undefined;
  readonly journal: Journal;
  readonly outgoing: { readonly progress: readonly ProgressEntry[] };
  readonly incarnations: {
    readonly current: Connection;
    /** How often the session's server was rebuilt. */
    readonly wakeCount: number;
  };
  /** This actor has been replaced by the session's record. */
  readonly isDismissed: boolean;
  /** The session's next actor, where this one has been replaced and the next is in reach. */
  readonly successor: HandleHost | undefined;
  /** Runs `use` on the session's present actor. @param gone runs where the session has ended */
  reach<T>(use: (there: HandleHost) => T, gone: () => Awaited<T>): Promise<Awaited<T>>;
  update(change: (state: unknown) => unknown): Promise<unknown>;
  notify(notification: NotificationMessage): boolean;
  close(reason: 'terminated'): void;
}

/** What user code holds of a session: see {@link Session}. */
export class SessionHandle implements Session {
  #actor: HandleHost;

  constructor(actor: HandleHost) {
    this.#actor = actor;
  }

  /** The present actor: code that held the handle while the session slept goes on with it. */
  get #live(): HandleHost {
    this.#actor = this.#actor.successor ?? this.#actor;
    return this.#actor;
  }

  get id(): string {
    return this.#actor.id;
  }

  get key(): string {
    return this.#actor.key;
  }

  get principal(): string | undefined {
    return this.#actor.principal;
  }

  get principalKey(): string {
    return this.#actor.services.principalKey(this.#actor.principal);
  }

  get era(): 'legacy' | 'modern' {
    return this.#actor.home === undefined ? 'legacy' : 'modern';
  }

  get protocolVersion(): string | undefined {
    return this.#actor.protocolVersion;
  }

  get clientInfo(): Implementation | undefined {
    const call = callIn(this);
    return call === undefined ? this.#actor.handshake.clientInfo : call.clientInfo;
  }

  get clientCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return callIn(this)?.clientCapabilities ?? this.#actor.handshake.clientCapabilities;
  }

  get startedAt(): number {
    return this.#actor.startedAt;
  }

  get ageMs(): number {
    return this.#actor.services.clock.now() - this.#actor.startedAt;
  }

  get wakeCount(): number {
    return this.#live.incarnations.wakeCount;
  }

  get woken(): Woken | undefined {
    return this.#live.woken;
  }

  get state(): unknown {
    return this.#live.state;
  }

  update(change: (state: unknown) => unknown): Promise<unknown> {
    let live: HandleHost;
    try {
      live = this.#live;
    } catch (error) {
      // The session slept, and its record can not be read: told as whatever else fails in a change.
      return Promise.reject(error);
    }
    if (!live.isDismissed) return live.update(change);
    return this.#reach(
      (there) => there.update(change),
      () => {
        throw new ActorsError('session-over', 'the session has ended');
      },
    );
  }

  own<R extends Owned>(resource: R, options: OwnOptions = {}): R {
    this.#live.incarnations.current.own(resource, options);
    return resource;
  }

  lazy<R extends Owned>(open: () => R | PromiseLike<R>, options: LazyOptions = {}): Lazy<R> {
    const actor = this.#live;
    return new LazyResource(open, options, actor, actor.incarnations.current);
  }

  get actor(): UserActor | undefined {
    const { userActors, world } = this.#live;
    const actor = userActors?.main;
    if (actor === undefined && world.actors.hasMachine) {
      throw new ActorsError('session-over', 'the session has no server now, and its actor rests');
    }
    return actor;
  }

  spawn<L extends AnyActorLogic>(
    logic: L,
    options: { readonly id: string; readonly input?: unknown },
  ): UserActor<L> {
    const live = this.#live;
    return live.world.actors.open(live).spawn(logic, options);
  }

  get signal(): AbortSignal {
    return this.#actor.incarnations.current.signal;
  }

  notify(method: string, params?: Readonly<Record<string, unknown>>): boolean {
    const message =
      params === undefined
        ? ({ jsonrpc: '2.0', method } as const)
        : ({ jsonrpc: '2.0', method, params } as const);
    return this.#live.notify(message);
  }

  get log(): readonly LogEntry[] {
    return this.#actor.journal.log;
  }

  get progress(): readonly ProgressEntry[] {
    return this.#actor.outgoing.progress;
  }

  get serverOptions(): ServerOptions {
    const { outlets, world } = this.#actor;
    const more = outlets.serverOptions;
    return more === undefined ? world.serverOptions : { ...world.serverOptions, ...more };
  }

  close(): void {
    const live = this.#live;
    if (!live.isDismissed) return live.close('terminated');
    const closed = this.#reach(
      (there) => there.close('terminated'),
      () => {},
    );
    // The keeper has announced what the store failed with.
    closed.catch(() => {});
  }

  /** Reaches a session whose actor has become a record in a durable store. */
  #reach<T>(use: (there: HandleHost) => T, gone: () => Awaited<T>): Promise<Awaited<T>> {
    const used = (there: HandleHost): T => {
      this.#actor = there;
      return use(there);
    };
    return this.#actor.reach(used, gone);
  }
}
