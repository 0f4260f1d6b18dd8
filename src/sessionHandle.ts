import type { SessionActor } from './sessionActor.ts';
import type { LogEntry, ProgressEntry } from './journal.ts';
import type { Owned } from './scope.ts';
import type { Implementation, Session } from './session.ts';

/** What user code holds of a session: see {@link Session}. */
export class SessionHandle implements Session {
  readonly era = 'legacy';
  readonly #actor: SessionActor;
  #state: unknown;
  #updates: Promise<unknown> | null = null;

  constructor(actor: SessionActor) {
    this.#actor = actor;
  }

  /** Makes the state. Part of building, so that a throw is the session's own crash. */
  begin(): void {
    this.#state = this.#actor.services.settings.state?.();
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
    return this.#actor.incarnations.wakeCount > 0;
  }

  get wakeCount(): number {
    return this.#actor.incarnations.wakeCount;
  }

  get state(): unknown {
    return this.#state;
  }

  update(change: (state: unknown) => unknown): Promise<unknown> {
    // A failed update is its caller's to hear; the next one runs all the same.
    const before = this.#updates?.catch(() => {});
    const result = this.#change(change, before);
    this.#updates = result;
    return result;
  }

  own<R extends Owned>(resource: R, options?: { readonly deadlineMs?: number }): R {
    const actor = this.#actor;
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
    return this.#actor.notify(message);
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
    this.#actor.close('terminated');
  }

  async #change(
    change: (state: unknown) => unknown,
    before: Promise<unknown> | undefined,
  ): Promise<unknown> {
    if (before !== undefined) await before;
    const next = await change(this.#state);
    if (next !== undefined) this.#state = next;
    return this.#state;
  }
}
