import type { FetchContext } from '../http/fetch.ts';
import type { Runtime } from '../runtime.ts';
import type { SessionStore } from '../store/store.ts';
import { MemoryDisk, type MountedDisk } from './memoryDisk.ts';

/** A server that can die and come back, for {@link restartable}. */
export interface Restartable<T> {
  /** Reaches whichever runtime is there: for `createTestClient`, or a client's own `fetch`. */
  readonly fetch: (request: Request, context?: FetchContext) => Promise<Response>;
  /** The runtime that is there now. */
  readonly runtime: Runtime<T>;
  /**
   * Ends the runtime as `kill -9` ends a process, and begins the next one on what it had stored:
   * nothing more is stored or answered, and connections break.
   */
  readonly kill: () => Promise<void>;
  /**
   * Ends the runtime as a deploy does, and begins the next one: it drains, for up to `deadlineMs`
   * (1 s).
   */
  readonly restart: (options?: { readonly deadlineMs?: number }) => Promise<void>;
  readonly close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes runtimes one after the other on one durable store in memory: what a session keeps through
 * a crash or a deploy is tested without a process or a disk.
 *
 * @param make called for each runtime, with the store to give it
 */
export function restartable<T>(make: (store: SessionStore) => Runtime<T>): Restartable<T> {
  const disk = new MemoryDisk();
  let store: MountedDisk;
  let runtime: Runtime<T>;
  let broken: AbortController;
  const begin = (): void => {
    store = disk.mount();
    broken = new AbortController();
    runtime = make(store);
  };
  begin();
  const close = (): Promise<void> => runtime.close();
  return {
    get runtime() {
      return runtime;
    },
    fetch: (request, context) => overLine(broken.signal, runtime.fetch(request, context)),
    async kill() {
      store.cut();
      broken.abort(new TypeError('the connection broke'));
      // The process of a test lives on: timers and what sessions own are let go of.
      await runtime.close();
      begin();
    },
    async restart({ deadlineMs = 1000 } = {}) {
      await runtime.drain({ deadlineMs });
      await runtime.close();
      begin();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A response that breaks where the line breaks, before it has begun or halfway. */
async function overLine(line: AbortSignal, answer: Promise<Response>): Promise<Response> {
  line.throwIfAborted();
  const response = await Promise.race([answer, brokenBy(line)]);
  if (response.body === null) return response;
  const through = new TransformStream<Uint8Array, Uint8Array>();
  // The reader hears of the break; nobody else waits for this.
  response.body.pipeTo(through.writable, { signal: line }).catch(() => {});
  return new Response(through.readable, response);
}

function brokenBy(line: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    line.addEventListener('abort', () => reject(line.reason as Error), { once: true });
  });
}
