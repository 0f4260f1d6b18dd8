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
   * The value's name in a durable store; no other local of your program may have it. Without a
   * name, a session that has the value does not sleep in a durable store, and the value ends with
   * its process, which `session.unstorable` announces.
   */
  readonly name?: string;
}

/** What {@link SessionLocalOptions} knows. */
const SESSION_LOCAL_NAMES: NamesOf<SessionLocalOptions> = {
  name: true,
};

/** What a local is called: by its own name, or by the place in the program that made it. */
interface Label {
  readonly name: string | undefined;
  readonly place: string | undefined;
}

const labels = new WeakMap<object, Label>();

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
      const isNew = !locals.has(local);
      if (isNew) {
        const isKept = name !== undefined && locals.has(name);
        locals.set(local, isKept ? locals.get(name) : init());
        if (isKept) locals.delete(name);
      }
      // The caller may change the value in place, and does not say so. Of a value without a name a
      // durable store hears once: that it can not have it.
      if (isNew || name !== undefined) context.stateChanged();
      return locals.get(local) as T;
    },
    set(value) {
      const context = currentContext();
      const isNew = !context.locals.has(local);
      context.locals.set(local, value);
      if (name !== undefined) context.locals.delete(name);
      if (isNew || name !== undefined) context.stateChanged();
    },
  };
  labels.set(local, { name, place: name === undefined ? placeOfCaller() : undefined });
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
 * @param locals keyed by the local, as the session has them; by name while from a record
 * @param leaveOut told of each value that no store can keep
 */
export function namedLocals(
  locals: ReadonlyMap<unknown, unknown>,
  leaveOut: (left: LeftOut) => void,
): ReadonlyMap<string, unknown> {
  const named = new Map<string, unknown>();
  for (const [local, value] of locals) {
    const { name, place } = labelOf(local);
    if (name === undefined) leaveOut({ what: 'nameless', local: place, of: local });
    else if (isPlainData(value)) named.set(name, value);
    else leaveOut({ what: 'local', local: name, of: local });
  }
  return named;
}

/** Whether a local has a name, by which a durable store can keep its value. */
export function isNamed(local: unknown): boolean {
  return labelOf(local).name !== undefined;
}

function labelOf(local: unknown): Label {
  if (typeof local === 'string') return { name: local, place: undefined };
  return labels.get(local as object) ?? { name: undefined, place: undefined };
}

/** Where the caller of `sessionLocal` stands, `file:///app/tools.js:12:15`, if the host says so. */
function placeOfCaller(): string | undefined {
  // The lines are: the error, this function, `sessionLocal`, its caller.
  const line = new Error('where').stack?.split('\n')[3];
  return line === undefined ? undefined : /(?:\(|at )([^()]+:\d+:\d+)\)?$/.exec(line)?.[1];
}
