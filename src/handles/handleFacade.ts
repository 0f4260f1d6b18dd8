import type { Owned, OwnOptions } from '../base/scope.ts';
import type { HandleScope } from './options.ts';

/** The actor of a handle, as the handle's user code reaches it. */
export interface FacadeHost extends Pick<
  HandleScope<unknown>,
  'id' | 'key' | 'principal' | 'state'
> {
  readonly incarnations: {
    /** What is live of the handle now. */
    readonly current: {
      readonly signal: AbortSignal;
      own(resource: Owned, options: OwnOptions): void;
    };
  };
  update(change: (state: unknown) => unknown): Promise<unknown>;
  close(reason: 'terminated'): void;
}

/** What user code holds of a handle: see {@link HandleScope}. */
export class HandleFacade implements HandleScope<unknown> {
  readonly #actor: FacadeHost;

  constructor(actor: FacadeHost) {
    this.#actor = actor;
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

  get state(): unknown {
    return this.#actor.state;
  }

  update(change: (state: unknown) => unknown): Promise<unknown> {
    return this.#actor.update(change);
  }

  own<R extends Owned>(resource: R, options: OwnOptions = {}): R {
    this.#actor.incarnations.current.own(resource, options);
    return resource;
  }

  get signal(): AbortSignal {
    return this.#actor.incarnations.current.signal;
  }

  close(): void {
    this.#actor.close('terminated');
  }
}
