import type { Awaitable } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import { idOfText } from '../base/ids.ts';
import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { check } from '../base/check.ts';
import { currentContext } from '../session/context.ts';
import { handlesOf } from './handles.ts';
import { HANDLE_DEFAULTS, type HandleScope, type HandleSettings } from './options.ts';

/** A value of which every principal has its own, whichever sessions and calls it comes by. */
export interface PrincipalLocal<T> {
  /**
   * The principal's own value, to be read: a change goes through `update`.
   *
   * @throws ActorsError `no-session`, `no-principal` for an anonymous caller
   */
  get(): Promise<T>;
  /** Replaces the value. @throws as `get` */
  set(value: T): Promise<void>;
  /**
   * Changes the value, one change of a principal after the other. What `change` returns becomes the
   * value; returning nothing keeps the (changed) value. A durable store has the change by then.
   *
   * @throws as `get`; whatever `change` throws
   */
  update(change: (value: T) => T | void | Promise<T | void>): Promise<T>;
}

export interface PrincipalLocalOptions {
  /** The value's name in a durable store. Locals of one name are one. */
  readonly name: string;
}

/** What {@link PrincipalLocalOptions} knows. */
const NAMES: NamesOf<PrincipalLocalOptions> = { name: true };

type Values = Map<string, unknown>;

/** Holds the values of one principal: a handle that nobody names. */
const KEEPS: HandleSettings = {
  name: 'principal-local',
  plural: 'principal-locals',
  open: () => undefined,
  state: (): Values => new Map(),
  sleeps: true,
  reopens: true,
  limits: {
    ...HANDLE_DEFAULTS,
    maxQueue: 1024,
    max: 10_000,
    maxPerPrincipal: 1,
    evictAfterMs: 24 * 3_600_000,
  },
};

/**
 * State by principal, in both eras: for clients that open a session for each call, and for what all
 * sessions of a user have in common. Made by `init` when first asked for, gone a day after its last
 * use. Plain data only: it is kept as the state of a session is.
 *
 * @throws ActorsError `bad-option`
 */
export function principalLocal<T>(
  init: () => T,
  options: PrincipalLocalOptions,
): PrincipalLocal<T> {
  checkNames('principalLocal', options, NAMES);
  const { name } = options;
  check('name', 'a text', name, (value) => typeof value === 'string' && value !== '');
  const valueIn = (values: Values): T => {
    if (!values.has(name)) values.set(name, init());
    return values.get(name) as T;
  };
  const change = async (by: (value: T) => T | void | Promise<T | void>): Promise<T> => {
    return useOfCaller(async (_, handle) => {
      await handle.update(async (state) => {
        const values = state as Values;
        const next = await by(valueIn(values));
        if (next !== undefined) values.set(name, next);
      });
      return valueIn(handle.state as Values);
    });
  };
  return {
    get: () => useOfCaller((_, handle) => valueIn(handle.state as Values)),
    async set(value) {
      await useOfCaller((_, handle) =>
        handle.update((state) => void (state as Values).set(name, value)),
      );
    },
    update: change,
  };
}

/** Uses the values of the caller's principal. @throws ActorsError `no-session`, `no-principal` */
async function useOfCaller<R>(
  use: (value: unknown, handle: HandleScope<unknown>) => Awaitable<R>,
): Promise<R> {
  const { call, session, world } = currentContext();
  const { principal } = call ?? session;
  if (principal === undefined) {
    throw new ActorsError('no-principal', 'an anonymous caller has nothing of its own');
  }
  const kind = handlesOf(world).of(KEEPS, 'principals');
  const id = `p${idOfText(principal)}`;
  return kind.reach(
    () => kind.locate(id, { principal, session: '' }),
    (keeper) => keeper.use(use, undefined),
  );
}
