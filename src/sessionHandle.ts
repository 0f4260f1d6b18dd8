import type { SessionActor } from './sessionActor.ts';
import type { LogEntry, ProgressEntry } from './journal.ts';
import type { Owned } from './scope.ts';
import type { Implementation, Session } from './session.ts';
import type { Woken } from './sleep/keeping.ts';

/** What user code holds of a session: see {@link Session}. */
export class SessionHandle implements Session {
  readonly era = 'legacy';
  #actor: SessionActor;
  #updates: Promise<unknown> | null = null;

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
    // A failed update is its caller's to hear; the next one runs all the same.
    const before = this.#updates?.catch(() => {});
    const result = this.#change(change, before);
    this.#updates = result;
    return result;
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
    this.#live.close('terminated');
  }

  async #change(
    change: (state: unknown) => unknown,
    before: Promise<unknown> | undefined,
  ): Promise<unknown> {
    if (before !== undefined) await before;
    const actor = this.#live;
    const next = await change(actor.state);
    if (next !== undefined) actor.state = next;
    actor.stateChanged();
    return actor.state;
  }
}
