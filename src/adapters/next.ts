import { createRuntime, type Runtime } from '../runtime.ts';
import { ActorsError } from '../base/errors.ts';
import type { RuntimeOptions } from '../options.ts';
import type { AuthInfo } from '../wire/authInfo.ts';

/** Options of {@link nextMcp}: those of the runtime, and how it learns who calls. */
export interface NextMcpOptions<T> extends RuntimeOptions<T> {
  /**
   * Gives the caller that the request is authenticated as. A `Response` refuses it. @default
   * anonymous
   */
  readonly authInfo?: (request: Request) => Awaited<Caller> | Promise<Caller>;
}

type Caller = AuthInfo | Response | undefined;

/** The handlers of a route of Next, one for each method. */
export interface NextRoute<T> extends Readonly<
  Record<'GET' | 'POST' | 'DELETE' | 'OPTIONS', (request: Request) => Promise<Response>>
> {
  readonly runtime: Runtime<T>;
}

/** A runtime, and the functions of the module that was loaded last. */
interface Slot {
  options: NextMcpOptions<unknown>;
  readonly runtime: Runtime;
}

/** What outlives the module: a dev server loads it again after each change, and so may a bundle. */
const SLOTS = Symbol.for('mcp-actors.next');

/**
 * Makes the handlers of a route of Next's app router, in `app/mcp/route.ts`:
 * `export const { GET, POST, DELETE, OPTIONS } = nextMcp('my-server', { server })`.
 *
 * When a dev server loads the module again, the runtime stays, with its sessions: new ones, and
 * those that wake, get their server from the new module. Other options are those of the first.
 *
 * @param name tells the runtimes of one process apart: one for each route
 * @throws ActorsError `bad-option`
 */
export function nextMcp<T = undefined>(name: string, options: NextMcpOptions<T>): NextRoute<T> {
  if (typeof name !== 'string' || name === '') {
    throw new ActorsError('bad-option', 'name must be a text that is not empty');
  }
  const slot = slotOf(name, options as unknown as NextMcpOptions<unknown>);
  const handle = async (request: Request): Promise<Response> => {
    const caller = await slot.options.authInfo?.(request);
    if (caller instanceof Response) return caller;
    return slot.runtime.fetch(request, { authInfo: caller });
  };
  const runtime = slot.runtime as unknown as Runtime<T>;
  return { GET: handle, POST: handle, DELETE: handle, OPTIONS: handle, runtime };
}

function slotOf(name: string, options: NextMcpOptions<unknown>): Slot {
  const home = globalThis as { [SLOTS]?: Map<string, Slot> };
  const slots = (home[SLOTS] ??= new Map());
  const known = slots.get(name);
  if (known !== undefined) {
    known.options = options;
    return known;
  }
  const { authInfo: _authInfo, ...rest } = options;
  const slot: Slot = {
    options,
    runtime: createRuntime<unknown>({ ...rest, server: (session) => slot.options.server(session) }),
  };
  slots.set(name, slot);
  return slot;
}
