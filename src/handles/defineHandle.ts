import type { Awaitable } from '../base/awaitable.ts';
import { currentContext } from '../session/context.ts';
import { handlesOf } from './handles.ts';
import { argumentOf, type Registrar, registerTools, type Schemas } from './handleTools.ts';
import type { Holder } from './holder.ts';
import type { HandleKind } from './kind.ts';
import {
  type HandleOptions,
  type HandleScope,
  type HandleSettings,
  settleHandle,
} from './options.ts';
import type { OwnHandle } from './view.ts';

/** A kind of live thing that tools name by an id: a browser, a shell, a cursor. */
export interface Handle<V, S = undefined, I = unknown> {
  readonly name: string;
  /**
   * Opens a handle for the caller's principal.
   *
   * @returns the id, for the client
   * @throws HandleError `handle-limit`, `handle-failed`, `handle-busy` in a drain; ActorsError
   * `no-session`
   */
  create(input?: I): Promise<string>;
  /**
   * Runs a callback with what is live, one use at a time (`concurrency`) in order of arrival, opened
   * again where it sleeps. What the callback throws is thrown here and does the handle no harm.
   *
   * @param options `signal` takes the use out of the queue: give it the handler's
   * @throws HandleError `handle-gone` for an id that is unknown, expired or another's; `handle-busy`,
   * `handle-failed`, `handle-limit`; ActorsError `no-session`, `store-unavailable`
   */
  use<R>(
    id: string,
    callback: (value: V, handle: HandleScope<S>) => Awaitable<R>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<R>;
  /**
   * The handles of the caller's principal; an anonymous caller's are those its session made.
   *
   * @throws ActorsError `no-session`, `store-unavailable`
   */
  list(): Promise<readonly OwnHandle[]>;
  /**
   * Ends a handle.
   *
   * @returns when it is released, and a durable store has forgotten it
   * @throws HandleError `handle-gone`; ActorsError `no-session`, `store-unavailable` where a store
   * could not forget the ended handle yet
   */
  destroy(id: string): Promise<void>;
  /**
   * Gives a server the tools create_*, list_* and destroy_*.
   *
   * @param server an `McpServer` of either SDK
   * @param schemas `z` of zod
   */
  register(server: Registrar, schemas: Schemas): void;
  /** The schema of a tool's argument that takes an id. @param schemas `z` of zod */
  argument<Z extends Schemas>(schemas: Z): ReturnType<Z['string']>;
}

/**
 * Gives live things an id that clients hold, in sessions and in the stateless revision alike: a
 * principal's handles are the same whichever way it comes. A handle is opened by a tool, used by
 * others, sleeps, and ends when nobody has used it for `idleTimeoutMs` and `evictAfterMs`.
 *
 * Call once, at module level: each runtime has handles of its own.
 *
 * @template V what is live
 * @template S what `state` makes
 * @template I what `open` takes
 * @throws ActorsError `bad-option`
 */
export function defineHandle<V, S = undefined, I = unknown>(
  options: HandleOptions<V, S, I>,
): Handle<V, S, I> {
  // Inside, nothing is known of the values but that they belong together.
  const settings = settleHandle(options as unknown as HandleOptions<unknown, unknown>);
  const { name } = settings;
  const handle: Handle<V, S, I> = {
    name,
    async create(input) {
      const { kind, holder } = caller(settings);
      return (await kind.create(holder, input)).id;
    },
    async use(id, callback, { signal } = {}) {
      const { kind, holder } = caller(settings);
      return kind.reach(
        () => kind.find(id, holder),
        (found) =>
          found.use((value, scope) => callback(value as V, scope as HandleScope<S>), signal),
      );
    },
    async list() {
      const { kind, holder } = caller(settings);
      return kind.list(holder);
    },
    async destroy(id) {
      const { kind, holder } = caller(settings);
      await kind.end(id, holder);
    },
    register: (server, schemas) => registerTools(settings, handle, server, schemas),
    argument: (schemas) => argumentOf(settings, schemas),
  };
  return handle;
}

/** Who asks, and the handles of the runtime it asks in. @throws ActorsError `no-session` */
function caller(settings: HandleSettings): { readonly kind: HandleKind; readonly holder: Holder } {
  const { call, session, world } = currentContext();
  const { principal } = call ?? session;
  return { kind: handlesOf(world).of(settings), holder: { principal, session: session.key } };
}
