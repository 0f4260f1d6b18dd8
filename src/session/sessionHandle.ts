import { ActorsError } from '../base/errors.ts';
import type { SessionActor } from './sessionActor.ts';
import type { LogEntry, ProgressEntry } from '../events/journal.ts';
import type { Owned } from '../base/scope.ts';
import type { Implementation, Session } from './session.ts';
import type { Woken } from './session.ts';

/** What user code holds of a session: see {@link Session}. */
export class SessionHandle implements Session {
  readonly era = 'legacy';
  #actor: SessionActor;

  constructor(actor: SessionActor) {
    this.#actor = actor;
  }

  /** Who held it while its session slept goes on with the actor there is now. */
  get #live(): SessionActor {
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

  get protocolVersion(): string | undefined {
    return this.#actor.protocolVersion;
  }

  get clientInfo(): Implementation | undefined {
    return this.#actor.handshake.clientInfo;
  }

  get clientCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return this.#actor.handshake.clientCapabilities;
  }

  get startedAt(): number {
    return this.#actor.startedAt;
  }

  get ageMs(): number {
    return this.#actor.now() - this.#actor.startedAt;
  }

  get wake(): boolean {
    return this.#live.incarnations.wakeCount > 0;
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
    const live = this.#live;
    if (!live.isDismissed) return live.update(change);
    return this.#reach(
      (there) => there.update(change),
      () => {
        throw new ActorsError('session-over', 'the session has ended');
      },
    );
  }

  own<R extends Owned>(resource: R, options?: { readonly deadlineMs?: number }): R {
    const actor = this.#live;
    const owner = actor.incarnations.current;
    if (owner.owned >= actor.limits.maxResources) actor.journal.tripped('maxResources');
    owner.own(resource, options?.deadlineMs, actor.limits.maxResources);
    const emitter = resource as {
      on?: (event: 'error', listener: (error: unknown) => void) => void;
    };
    // An emitter without a listener for its errors would end the process.
    if (typeof emitter.on === 'function') {
      emitter.on('error', (error) => owner.crash(error, 'resource'));
    }
    return resource;
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

  get serverOptions(): Session['serverOptions'] {
    return this.#actor.services.serverOptions;
  }

  close(): void {
    const live = this.#live;
    if (!live.isDismissed) return live.close('terminated');
    const closed = this.#reach(
      (there) => there.close('terminated'),
      () => {},
    );
    // Whoever asked the store has announced what it failed with.
    closed.catch(() => {});
  }

  /** Where the actor this was made for has become a record in a durable store. */
  #reach<T>(use: (there: SessionActor) => T, gone: () => Awaited<T>): Promise<Awaited<T>> {
    const used = (there: SessionActor): T => {
      this.#actor = there;
      return use(there);
    };
    return this.#actor.sleepers.reach(this.#actor, used, gone);
  }
}
