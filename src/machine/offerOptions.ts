import type { AnyStateMachine, EventFromLogic, SnapshotFrom } from 'xstate';
import type { Awaitable } from '../base/awaitable.ts';

/** An `McpServer` of either SDK. */
export interface OfferServer {
  registerTool(...args: never[]): unknown;
  registerResource(...args: never[]): unknown;
}

/** What a tool answers: the result of a tool as the SDK takes it, or its text. */
export type Answer = string | Readonly<Record<string, unknown>>;

/** Arguments that the server has validated. */
export type Arguments = Readonly<Record<string, unknown>>;

/** A tool that sends an event to a machine. @template L the machine @template E the event's type */
export interface OfferedTool<L extends AnyStateMachine, E extends EventFromLogic<L>['type']> {
  /** The type of the event: one of the machine's own, and never anything that a client says. */
  readonly event: E;
  readonly title?: string;
  /** What the tool does, for the model. */
  readonly description?: string;
  /** The arguments: what the server's `registerTool` takes as `inputSchema`. */
  readonly input?: unknown;
  /** What else the server's `registerTool` takes, such as `annotations`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Makes the members of the event. @default the arguments */
  readonly members?: (args: Arguments) => Omit<Extract<EventFromLogic<L>, { type: E }>, 'type'>;
  /**
   * Whether the tool is listed in a state that takes its event. Guards are asked with the arguments of
   * a call, which a list does not have: of a tool with arguments this says what its guard would.
   */
  readonly listed?: (snapshot: SnapshotFrom<L>) => boolean;
  /** The snapshot to wait for before the tool answers, as of a promise that the event invokes. */
  readonly until?: (snapshot: SnapshotFrom<L>) => boolean;
  /** How long to wait for `until`, in milliseconds > 0. @default 60 s */
  readonly timeoutMs?: number;
  /** Makes the answer. @default the state in words, and what can be done next */
  readonly answer?: (
    snapshot: SnapshotFrom<L>,
    event: Extract<EventFromLogic<L>, { type: E }>,
  ) => Awaitable<Answer>;
}

/** Tools by their names. */
export type OfferedTools<L extends AnyStateMachine> = Readonly<
  Record<string, { [E in EventFromLogic<L>['type']]: OfferedTool<L, E> }[EventFromLogic<L>['type']]>
>;

/** How a machine is offered: see {@link offer}. */
export interface OfferOptions {
  /**
   * Whether there is a resource that says in words which state the machine is in; as a text, its
   * URI. @default false; `true` is `machine://state`
   */
  readonly resource?: boolean | string;
}

/** A machine that a server offers. */
export interface Offer {
  /**
   * The state in words and what can be done next, in a few lines: for a prompt, or for instructions.
   */
  describe(): string;
  /** The tools whose event the machine takes now. */
  available(): readonly string[];
}

/** A tool of an offer, whatever its machine. */
export type AnyTool = OfferedTool<AnyStateMachine, string>;
