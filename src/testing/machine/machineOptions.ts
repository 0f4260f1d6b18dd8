import type { AnyStateMachine, EventFromLogic, InputFrom, SnapshotFrom } from 'xstate';
import type { ActorOutcome } from '../../../machines/position.ts';
import { check } from '../../base/check.ts';
import { ActorsError } from '../../base/errors.ts';
import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import type { Runtime } from '../../runtime.ts';

export type { ActorOutcome } from '../../../machines/position.ts';

/** What a client answers to a request of the server, or makes the answer of the request. */
export type ClientAnswer =
  | Readonly<Record<string, unknown>>
  | ((request: {
      readonly method: string;
      readonly params: unknown;
    }) => Readonly<Record<string, unknown>>);

/** One way to call a tool. */
export interface ToolCase {
  /** The arguments of the call. @default none */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /**
   * What becomes of the actors that the event starts, by their ids or by the names of their logic.
   * An actor that is not named here runs on.
   */
  readonly invoked?: Readonly<Record<string, ActorOutcome>>;
  /** What the client answers where the server asks during the call. @default nothing is asked */
  readonly answer?: ClientAnswer;
  /** Makes what lies outside of the server as the case needs it, before the call. */
  readonly prepare?: () => void | Promise<void>;
}

/** A tool of the server, and the event that a call of the tool sends to the machine. */
export interface WalkedTool<M extends AnyStateMachine> extends ToolCase {
  readonly event: EventFromLogic<M>['type'];
  /** Makes the members of the event from the arguments. @default the arguments */
  readonly members?: (args: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** Several ways to call the tool, by name, in place of one. */
  readonly cases?: Readonly<Record<string, ToolCase>>;
  /**
   * Whether the tool must be listed. @default while the machine takes the event of one of the cases
   */
  readonly listed?: (snapshot: SnapshotFrom<M>) => boolean;
}

/** An event that comes from elsewhere than a tool, as from a webhook. */
export interface OutsideEvent {
  readonly event: { readonly type: string; readonly [member: string]: unknown };
  /** Has the event happen in the session, and returns when the machine has taken the event. */
  readonly cause: (sessionId: string) => void | Promise<void>;
}

/** What happens between two steps of a walk: sleep, or the end of a process. */
export interface Rest {
  /** How far time is moved on, in milliseconds >= 0: below the shortest delay. @default 0 */
  readonly ms?: number;
  /** Ends the process and starts the next, or looks whether the session is asleep. */
  readonly act?: (sessionId: string) => unknown;
}

/** What a {@link machineDriver} needs of a server and its machine. */
export interface MachineDriverOptions<M extends AnyStateMachine> {
  /** The chart that the server is to follow: the machine itself, not an actor. */
  readonly machine: M;
  /** The input with which the server makes the actor of a session. */
  readonly input?: InputFrom<M>;
  /** Tools by their names. Other tools of the server are not looked at. */
  readonly tools: Readonly<Record<string, WalkedTool<M>>>;
  /** The address of the server's MCP endpoint; a function where a restart changes the address. */
  readonly url?: string | URL | (() => string | URL);
  /** A runtime in this process, or a {@link restartable}, in place of `url`. */
  readonly runtime?: Pick<Runtime, 'fetch'>;
  /** The server's name, for reports. @default the machine's id */
  readonly name?: string;
  /** Headers sent with every request, such as credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The resource that says the state in words, as `offer` makes it with `{ resource: true }`; `false`
   * where the server has none: the state is then told by the tools that are listed alone.
   * @default 'machine://state'
   */
  readonly resource?: string | false;
  /** What becomes of actors, where the case of a tool does not say. */
  readonly invoked?: Readonly<Record<string, ActorOutcome>>;
  /** Events that no tool sends, by name. */
  readonly outside?: Readonly<Record<string, OutsideEvent>>;
  /** Moves the time of the server on by milliseconds: delayed transitions need it. */
  readonly time?: { readonly advance: (ms: number) => void | Promise<void> };
  /** What happens before each step. @default nothing */
  readonly rest?: Rest;
  /**
   * What is not walked, and why: `time`, or transitions by the names that an error lists. There is no
   * third way, so nothing is left out unseen.
   */
  readonly without?: Readonly<Record<string, string>>;
  /**
   * What tells one position from another in the same states: positions of one kind are gone on from
   * once. @default which tools and events the machine takes
   */
  readonly tellApart?: (snapshot: SnapshotFrom<M>) => unknown;
  /** How many positions of one kind are gone on from, an integer > 0. @default 1 */
  readonly unfold?: number;
  /** Positions that are looked at, an integer > 0, where a machine has very many. @default 200 */
  readonly maxPositions?: number;
  /** How long a request may take, in milliseconds > 0. @default 10 s */
  readonly timeoutMs?: number;
}

/** What {@link MachineDriverOptions} knows. */
const NAMES: NamesOf<MachineDriverOptions<AnyStateMachine>> = {
  machine: true,
  input: true,
  tools: true,
  url: true,
  runtime: true,
  name: true,
  headers: true,
  resource: true,
  invoked: true,
  outside: true,
  time: true,
  rest: true,
  without: true,
  tellApart: true,
  unfold: true,
  maxPositions: true,
  timeoutMs: true,
};

const CASE: NamesOf<ToolCase> = { arguments: true, invoked: true, answer: true, prepare: true };

/** Options after the checks, whatever the machine, with every default filled in. */
export type MachineDriverSettings = MachineDriverOptions<AnyStateMachine> &
  Required<
    Pick<
      MachineDriverOptions<AnyStateMachine>,
      'name' | 'resource' | 'headers' | 'invoked' | 'outside' | 'without'
    > &
      Pick<MachineDriverOptions<AnyStateMachine>, 'unfold' | 'maxPositions' | 'timeoutMs'>
  >;

/** @throws ActorsError `bad-option` */
export function settleMachineDriver<M extends AnyStateMachine>(
  given: MachineDriverOptions<M>,
): MachineDriverSettings {
  checkNames('machineDriver', given, NAMES);
  const options = given as unknown as MachineDriverOptions<AnyStateMachine>;
  const { machine, tools, url, runtime, unfold = 1, maxPositions = 200, rest } = options;
  check('machine', 'a machine of XState', machine, isMachine);
  if ((url === undefined) === (runtime === undefined)) {
    throw new ActorsError('bad-option', 'machineDriver takes either url or runtime');
  }
  for (const [name, value] of Object.entries({ unfold, maxPositions })) {
    check(name, 'an integer > 0', value, (v) => Number.isSafeInteger(v) && Number(v) > 0);
  }
  for (const [name, tool] of Object.entries(tools)) {
    checkNames(`the tool ${name}`, tool, {
      ...CASE,
      event: true,
      members: true,
      cases: true,
      listed: true,
    } satisfies NamesOf<WalkedTool<AnyStateMachine>>);
    for (const [which, each] of Object.entries(tool.cases ?? {})) {
      checkNames(`the case ${which} of ${name}`, each, CASE);
    }
  }
  if (rest?.ms !== undefined && rest.ms > 0 && options.time === undefined) {
    throw new ActorsError('bad-option', 'rest.ms needs time: how the time of the server is moved');
  }
  const { name = machine.id, resource = 'machine://state', headers = {} } = options;
  const { invoked = {}, outside = {}, without = {}, timeoutMs = 10_000 } = options;
  const defaults = { name, resource, headers, invoked, outside, without };
  return { ...options, ...defaults, unfold, maxPositions, timeoutMs };
}

function isMachine(value: unknown): boolean {
  return typeof (value as Partial<AnyStateMachine> | undefined)?.getTransitionData === 'function';
}
