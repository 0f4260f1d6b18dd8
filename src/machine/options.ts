import type { AnyActorLogic, InputFrom } from 'xstate';
import { ActorsError } from '../base/errors.ts';
import { check } from '../base/check.ts';
import type { Session } from '../session/session.ts';

/** A runtime's machine, and how its actors are stored and read. @template M the machine */
export interface MachineOptions<M = unknown> {
  /** An XState machine, or any other logic of an actor. */
  readonly logic: M;
  /**
   * Version of the machine that this program has, an integer > 0; a snapshot stored with another
   * version is migrated. @default 1
   */
  readonly version?: number;
  /**
   * Makes a persisted snapshot of this version from one that another version of the program stored.
   * @default as it is: a snapshot in a state that the machine does not have crashes its session
   */
  readonly migrate?: (snapshot: unknown, from: number) => unknown;
  /**
   * Whether an idle session with a delayed transition stays awake for it; otherwise the session
   * sleeps, and wakes for it. @default false
   */
  readonly staysAwake?: boolean;
}

/**
 * What a machine's input asks of the options: required where the machine requires input.
 *
 * @template T the state of a session @template M the machine
 */
export type MachineOf<T, M> = M extends AnyActorLogic
  ? undefined extends InputFrom<M>
    ? { readonly input?: (session: Session<T, M>) => InputFrom<M> }
    : { readonly input: (session: Session<T, M>) => InputFrom<M> }
  : unknown;

/** The machine of a runtime after the checks, with every default filled in. */
export interface MachineSettings {
  readonly logic: AnyActorLogic;
  readonly version: number;
  readonly migrate: ((snapshot: unknown, from: number) => unknown) | undefined;
  readonly staysAwake: boolean;
  readonly input: ((session: Session) => unknown) | undefined;
}

/** @throws ActorsError `bad-option` */
export function settleMachine(
  machine: unknown,
  input: ((session: Session) => unknown) | undefined,
): MachineSettings | null {
  check('input', 'a function, beside a machine', input, (value) =>
    value === undefined ? true : machine !== undefined && typeof value === 'function',
  );
  if (machine === undefined) return null;
  const options = (isLogic(machine) ? { logic: machine } : machine) as MachineOptions;
  const { logic, version = 1, migrate, staysAwake = false } = options;
  if (!isLogic(logic)) {
    throw new ActorsError('bad-option', 'machine must be a machine of XState, or { logic }');
  }
  check(
    'machine.version',
    'an integer > 0',
    version,
    (value) => Number.isSafeInteger(value) && Number(value) > 0,
  );
  check(
    'machine.migrate',
    'a function',
    migrate,
    (value) => value === undefined || typeof value === 'function',
  );
  check('machine.staysAwake', 'true or false', staysAwake, (value) => typeof value === 'boolean');
  return { logic, version, migrate, staysAwake, input };
}

/** Whether a value is the logic of an actor. */
export function isLogic(value: unknown): value is AnyActorLogic {
  const { transition, getInitialSnapshot } = (value ?? {}) as Partial<AnyActorLogic>;
  return typeof transition === 'function' && typeof getInitialSnapshot === 'function';
}
