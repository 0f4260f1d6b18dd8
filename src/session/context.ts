import { ActorsError } from '../base/errors.ts';
import { storage } from '../base/asyncContext.ts';
import type { Session } from './session.ts';

/** What code at any depth reaches: the session it runs for, and the locals of that session. */
export interface SessionContext {
  readonly session: Session;
  /** Values of `sessionLocal`, by the local itself; by the local's name while from a record. */
  readonly locals: Map<unknown, unknown>;
  /** What the store keeps of the session may have changed. */
  stateChanged(): void;
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
export function currentSession<T = unknown>(): Session<T> {
  return currentContext().session as Session<T>;
}

/** A value of which every session has its own. */
export interface SessionLocal<T> {
  /** This session's own value. @throws ActorsError `no-session` outside any session */
  get(): T;
  /** Replaces this session's value. @throws ActorsError `no-session` outside any session */
  set(value: T): void;
}

export interface SessionLocalOptions {
  /**
   * The value's name in a durable store; no other local of your program may have it. Without a
   * name, a session that has the value does not sleep in a durable store, and the value ends with
   * its process.
   */
  readonly name?: string;
}

/** The names of those locals that have a name. */
const names = new WeakMap<object, string>();

/**
 * Replaces a module-level variable: `.get()` inside a handler gives this session's own value, made
 * by `init` at the first `.get()` and gone when the session is.
 */
export function sessionLocal<T>(
  init: () => T,
  { name }: SessionLocalOptions = {},
): SessionLocal<T> {
  const local: SessionLocal<T> = {
    get() {
      const context = currentContext();
      const { locals } = context;
      if (!locals.has(local)) {
        const isKept = name !== undefined && locals.has(name);
        locals.set(local, isKept ? locals.get(name) : init());
        if (isKept) locals.delete(name);
      }
      // The caller may change the value in place, and does not say so.
      if (name !== undefined) context.stateChanged();
      return locals.get(local) as T;
    },
    set(value) {
      const context = currentContext();
      context.locals.set(local, value);
      if (name === undefined) return;
      context.locals.delete(name);
      context.stateChanged();
    },
  };
  if (name !== undefined) names.set(local, name);
  return local;
}

/**
 * A session's locals by their names, as a record keeps them; `undefined` where a local has no name.
 *
 * @param locals keyed by the local, as the session has them
 */
export function byName(locals: ReadonlyMap<unknown, unknown>): Map<string, unknown> | undefined {
  const named = new Map<string, unknown>();
  for (const [local, value] of locals) {
    const name = typeof local === 'string' ? local : names.get(local as object);
    if (name === undefined) return undefined;
    named.set(name, value);
  }
  return named;
}

/** The session this code runs for; `undefined` outside any session. */
export function contextNow(): SessionContext | undefined {
  return storage?.getStore() as SessionContext | undefined;
}

function currentContext(): SessionContext {
  if (storage === undefined) {
    throw new ActorsError('context-unavailable', 'this host has no AsyncLocalStorage');
  }
  const context = contextNow();
  if (context === undefined) {
    throw new ActorsError('no-session', 'there is no session here: call this below a handler');
  }
  return context;
}
