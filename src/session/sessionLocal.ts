import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { Unstorable } from '../events/events.ts';
import { currentContext } from './context.ts';
import { isPlainData } from './plainData.ts';

/** A value of which every session has its own. */
export interface SessionLocal<T> {
  /** This session's own value. @throws ActorsError `no-session` outside any session */
  get(): T;
  /** Replaces this session's value. @throws ActorsError `no-session` outside any session */
  set(value: T): void;
}

export interface SessionLocalOptions {
  /**
   * The value's name in a durable store. Locals of one name are one: so is the local of a module
   * that was loaded again. Without a name, a session that has the value does not sleep in a durable
   * store, and the value ends with its process, which `session.unstorable` announces.
   */
  readonly name?: string;
}

/** What {@link SessionLocalOptions} knows. */
const SESSION_LOCAL_NAMES: NamesOf<SessionLocalOptions> = {
  name: true,
};

/** Where in the program each local without a name was made, if the host says so. */
const places = new WeakMap<object, string | undefined>();

/**
 * Replaces a module-level variable: `.get()` inside a handler gives this session's own value, made
 * by `init` at the first `.get()` and gone when the session is.
 */
export function sessionLocal<T>(init: () => T, options: SessionLocalOptions = {}): SessionLocal<T> {
  checkNames('sessionLocal', options, SESSION_LOCAL_NAMES);
  const { name } = options;
  const local: SessionLocal<T> = {
    get() {
      const context = currentContext();
      const { locals } = context;
      const isNew = !locals.has(key);
      if (isNew) locals.set(key, init());
      // The caller may change the value in place, and does not say so. Of a value without a name a
      // durable store hears once: that it can not have it.
      if (isNew || name !== undefined) context.stateChanged();
      return locals.get(key) as T;
    },
    set(value) {
      const context = currentContext();
      const isNew = !context.locals.has(key);
      context.locals.set(key, value);
      if (isNew || name !== undefined) context.stateChanged();
    },
  };
  const key = name ?? local;
  if (name === undefined) places.set(local, placeOfCaller());
  return local;
}

/** Something of a session that a durable store can not keep. */
export interface LeftOut {
  readonly what: Unstorable;
  /** The name of the local, or the place in the program that made it. */
  readonly local: string | undefined;
  /** The local itself: each is announced once. */
  readonly of: unknown;
}

/**
 * A session's locals as a durable store keeps them, by their names.
 *
 * @param locals by their names, and where they have none by the local itself
 * @param leaveOut told of each value that no store can keep
 */
export function namedLocals(
  locals: ReadonlyMap<unknown, unknown>,
  leaveOut: (left: LeftOut) => void,
): ReadonlyMap<string, unknown> {
  const named = new Map<string, unknown>();
  for (const [key, value] of locals) {
    if (!isName(key)) {
      leaveOut({ what: 'nameless', local: places.get(key as object), of: key });
    } else if (isPlainData(value)) named.set(key, value);
    else leaveOut({ what: 'local', local: key, of: key });
  }
  return named;
}

/** Whether what a value is kept by is a name, by which a durable store can keep the value too. */
export function isName(key: unknown): key is string {
  return typeof key === 'string';
}

/** Where the caller of `sessionLocal` stands, `file:///app/tools.js:12:15`, if the host says so. */
function placeOfCaller(): string | undefined {
  // The lines are: the error, this function, `sessionLocal`, its caller.
  const line = new Error('where').stack?.split('\n')[3];
  return line === undefined ? undefined : /(?:\(|at )([^()]+:\d+:\d+)\)?$/.exec(line)?.[1];
}
