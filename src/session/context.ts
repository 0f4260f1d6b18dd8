import { ActorsError } from '../base/errors.ts';
import { storage } from '../base/asyncContext.ts';
import type { CallScope } from './callScope.ts';
import type { Session } from './session.ts';

type Params = Readonly<Record<string, unknown>>;

/** What code at any depth reaches: the session it runs for, and the locals of that session. */
export interface SessionContext {
  readonly session: Session;
  /** What all sessions of the runtime share. */
  readonly world: object;
  /** The call of the stateless revision that the code runs for, where there is one. */
  readonly call?: CallScope | undefined;
  /** The tool whose call the code runs for, while somebody hears what the session's actors do. */
  readonly tool?: string | undefined;
  /** Values of `sessionLocal`, by name; where there is none, by the local itself. */
  readonly locals: Map<unknown, unknown>;
  /** What the store keeps of the session may have changed. */
  stateChanged(): void;
  /**
   * Puts a question to the client, beside those of the session's server.
   *
   * @throws ActorsError `question-failed` with the client's error; `session-over`
   */
  ask(method: string, params: Params | undefined): Promise<Params>;
  /**
   * Takes an error that escaped the session's code into a timer or a promise nobody awaits.
   *
   * @param isDefect this library threw it: no session is to blame
   */
  stray(error: unknown, isDefect: boolean): void;
}

/** Runs code as part of a session; timers and promises of that code belong to the session too. */
export function runInSession<R>(context: SessionContext, callback: () => R): R {
  return storage === undefined ? callback() : storage.run(context, callback);
}

/**
 * The session this code runs for, from any depth below a factory or a handler.
 *
 * @throws ActorsError `no-session` outside any session, `context-unavailable` where the host has no
 * AsyncLocalStorage
 */
export function currentSession<T = unknown, M = unknown>(): Session<T, M> {
  return currentContext().session as Session<T, M>;
}

/** The same context, for one call: what differs is the call. */
export class ContextOfCall implements SessionContext {
  readonly call: CallScope | undefined;
  readonly tool: string | undefined;
  readonly #context: SessionContext;

  constructor(context: SessionContext, call: CallScope | undefined, tool: string | undefined) {
    this.#context = context;
    this.call = call;
    this.tool = tool;
  }

  get session(): Session {
    return this.#context.session;
  }

  get world(): object {
    return this.#context.world;
  }

  get locals(): Map<unknown, unknown> {
    return this.#context.locals;
  }

  stateChanged(): void {
    this.#context.stateChanged();
  }

  ask(method: string, params: Params | undefined): Promise<Params> {
    return this.#context.ask(method, params);
  }

  stray(error: unknown, isDefect: boolean): void {
    this.#context.stray(error, isDefect);
  }
}

/** The call that this code runs for in a session; `undefined` where there is none. */
export function callIn(session: Session): CallScope | undefined {
  const context = contextNow();
  return context?.session === session ? context.call : undefined;
}

/** The tool whose call this code runs for in a session; `undefined` where there is none, or nobody asks. */
export function toolIn(session: Session): string | undefined {
  const context = contextNow();
  return context?.session === session ? context.tool : undefined;
}

/** The session this code runs for; `undefined` outside any session. */
export function contextNow(): SessionContext | undefined {
  return storage?.getStore() as SessionContext | undefined;
}

/** @throws ActorsError `no-session`, `context-unavailable` */
export function currentContext(): SessionContext {
  if (storage === undefined) {
    throw new ActorsError('context-unavailable', 'this host has no AsyncLocalStorage');
  }
  const context = contextNow();
  if (context === undefined) {
    throw new ActorsError('no-session', 'there is no session here: call this below a handler');
  }
  return context;
}
