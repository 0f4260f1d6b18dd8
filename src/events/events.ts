import type { AnyStateMachine } from 'xstate';
import type { CallEvent } from '../../machines/call.ts';
import type { EndReason, SessionEvent } from '../../machines/session.ts';
import type { NodeState } from '../../machines/node.ts';
import type { SessionEffect } from '../../machines/step.ts';
import type { SupervisorEvent } from '../../machines/supervisor.ts';
import type { MessageKind } from '../wire/jsonrpc.ts';

/** Why a message was not delivered. A closed set. */
export const DEAD_LETTER_REASONS = [
  'full',
  'closed',
  'unknown',
  'malformed',
  'stale',
  'late',
] as const;

export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** A message that could not be delivered. Types and sizes only, never what was in it. */
export interface DeadLetter {
  readonly at: number;
  readonly session: string;
  readonly direction: 'in' | 'out';
  readonly kind: MessageKind;
  readonly method: string | undefined;
  readonly reason: DeadLetterReason;
}

/** Why a session's server was rebuilt. A closed set. */
export const WAKE_CAUSES = ['slept', 'crashed', 'restarted'] as const;
export type WakeCause = (typeof WAKE_CAUSES)[number];

/** Why an idle session keeps its server. A closed set. */
export const PINNED_BY = ['resources', 'state', 'store', 'refused', 'actors'] as const;
export type PinnedBy = (typeof PINNED_BY)[number];

/** What a durable store can not keep of a session. A closed set. */
export const UNSTORABLE = [
  /** the session's state is not plain data: nothing of the session is stored */
  'state',
  /** the value of a session local with a name is not plain data */
  'local',
  /** the value of a session local without a name */
  'nameless',
  /** an actor of the session, or one below it */
  'actor',
] as const;

export type Unstorable = (typeof UNSTORABLE)[number];

/** What a session store was asked to do when it failed. A closed set. */
export type StoreWork =
  | 'open'
  | 'get'
  | 'put'
  | 'remove'
  | 'sweep'
  | 'append'
  | 'load'
  | 'time'
  | 'keep';

/** At a start the clock was far from what a durable store has last seen of it. */
export interface ClockShift {
  /** When the store was last open, by the clock of then, in milliseconds since the epoch. */
  readonly seen: number;
  /** The clock at this start. */
  readonly now: number;
  /** How much later, or earlier where negative, the store's sessions end by this clock. */
  readonly byMs: number;
}

/** Why an error that nobody caught is blamed on no session. A closed set. */
export type Escape =
  /** the session whose code had started it has nothing in flight */
  | 'idle'
  /** this library threw it */
  | 'defect'
  /** an uncaught exception: the process drains, and ends */
  | 'uncaught';

/** How a session came to be in this process: opened by its client, or recalled from a record. */
export type Beginning =
  | { readonly type: 'session.opened'; readonly sleeps: boolean }
  | { readonly type: 'session.recalled'; readonly confirmed: boolean };

/** One step of a session's machine: replayed through the machine, it leads to the same state. */
export interface Transition {
  readonly at: number;
  readonly session: string;
  /** Members of closed sets only: nothing from the wire is in the event. */
  readonly event: SessionEvent | Beginning;
  /** The path of the state before, such as `idle.warm`; `new` before a session's first state. */
  readonly from: string;
  readonly to: string;
  readonly effects: readonly SessionEffect[];
}

/** What carries the messages of a session. A closed set; `http` is Streamable HTTP. */
export const CARRIERS = ['http', 'websocket', 'stdio', 'sse', 'memory'] as const;
export type Carrier = (typeof CARRIERS)[number];

/** How a request ended. A closed set. */
export const REQUEST_OUTCOMES = [
  /** with a result */
  'answered',
  /** with a result that says of itself that the tool failed */
  'failed',
  /** with a JSON-RPC error of its server */
  'error',
  /** its client withdrew it */
  'cancelled',
  /** its session ended or crashed first */
  'cut',
  /** there was no room to let the request wait */
  'refused',
] as const;

export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** The trace a client's request belongs to, from `_meta`: text from the wire, not checked. */
export interface TraceContext {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

/** Wraps a request's handler, for example in a span: calls `handle` once, in the same turn. */
export type Within = (handle: () => void) => void;

/** A request was accepted. */
export interface RequestBegan {
  readonly at: number;
  readonly session: string;
  /** The request's number in this process: its `request.settled` has the same number. */
  readonly request: number;
  /** The method as the client wrote it: any text of up to 256 characters. */
  readonly method: string;
  /** The negotiated revision; `undefined` before `initialize` is answered. */
  readonly protocolVersion: string | undefined;
  readonly carrier: Carrier;
  readonly trace: TraceContext | undefined;
  /** The tool or prompt that the request names. Content: call this where content may be seen. */
  readonly target: () => string | undefined;
  /** Has the handler run inside `run`. A `run` that throws, or never calls it, changes nothing. */
  readonly within: (run: Within) => void;
}

/** The end of a request whose beginning was announced: announced once for each. */
export interface RequestSettled {
  readonly at: number;
  readonly session: string;
  readonly request: number;
  readonly method: string;
  readonly protocolVersion: string | undefined;
  readonly carrier: Carrier;
  /** Milliseconds since the request was accepted. */
  readonly ms: number;
  readonly outcome: RequestOutcome;
  /** The code of the JSON-RPC error the client got. */
  readonly errorCode: number | undefined;
}

/** What a client calls itself: text from the wire, not checked. */
export interface ClientName {
  readonly name: string;
  readonly version: string;
}

/** One step of the machine of a call of the stateless revision. */
export interface CallTransition {
  readonly at: number;
  readonly session: string;
  /** The call's number in this process, as in `runtime.calls()`. */
  readonly call: number;
  readonly event: CallEvent['type'];
  /** The path of the state before, such as `running.working`. */
  readonly from: string;
  readonly to: string;
}

/** One step of an actor of the user's. */
export interface ActorStep {
  readonly at: number;
  readonly session: string;
  /** The ids that lead to the actor from the session's own, with `/` between: `checkout/approve`. */
  readonly actor: string;
  /** The type of the event: a word of the machine or of XState, and none of a client's. */
  readonly event: string;
  /** The tool whose call sent the event; `undefined` where none did. */
  readonly tool: string | undefined;
  /**
   * The path of the state before, as in `to`; empty at the actor's beginning, and where it is not
   * known.
   */
  readonly from: string;
  /**
   * The path of the state; of states that are active at once, each, with a space between. Of an actor
   * that is no machine, its status.
   */
  readonly to: string;
  /** The machine that the actor runs, for whoever draws charts; `undefined` where its logic is none. */
  readonly machine: () => AnyStateMachine | undefined;
}

/** What a runtime announces. `session` is always the session's loggable key, never its id. */
export interface RuntimeEvents {
  'session.started': { session: string; principal: string };
  /** One step of a session's machine. Only assembled while there is a listener. */
  'session.transition': Transition;
  'session.ended': {
    session: string;
    reason: EndReason;
    ageMs: number;
    /** Name and version that the client gave. Content: call this where content may be seen. */
    client?: () => ClientName | undefined;
  };
  /**
   * The session left this process in a drain, and a durable store has it: the next process goes on
   * with it. It has no `session.ended` here.
   */
  'session.kept': {
    session: string;
    ageMs: number;
    /** Name and version that the client gave. Content: call this where content may be seen. */
    client?: () => ClientName | undefined;
  };
  /**
   * Another process of a cluster goes on with the session: the actor here ends, and has no
   * `session.ended`.
   */
  'session.moved': { session: string; ageMs: number };
  'session.crashed': { session: string; error: unknown; restarted: boolean };
  /** The session's server was released; a record stays. */
  'session.slept': { session: string };
  /** The server was rebuilt: the session had slept, its server had crashed, or its process died. */
  'session.woken': { session: string; cause: WakeCause; epoch: number; ms: number };
  /** An idle session keeps its server: why it can not sleep. */
  'session.pinned': { session: string; why: PinnedBy };
  /**
   * A durable store can not keep something of a session: announced once for each such thing of a
   * session. `local` is the name of the session local, or the place in the program that made it; of an actor,
   * its id.
   */
  'session.unstorable': { session: string; what: Unstorable; local: string | undefined };
  /**
   * A session that no client can name again ended with what user code had put there: state, locals
   * or resources. The next request begins anew, and finds nothing of it.
   */
  'session.forgotten': {
    session: string;
    principal: string;
    what: 'state' | 'locals' | 'resources';
  };
  /** One step of the machine of a call. Only assembled while there is a listener. */
  'call.transition': CallTransition;
  /** A call of the stateless revision waits for its client to come back with answers. */
  'call.parked': { session: string; method: string; round: number };
  /** The client of a parked call has come back. */
  'call.claimed': { session: string; method: string; round: number };
  /** The client of a parked call did not come back in time: its handler was stopped. */
  'call.abandoned': { session: string; method: string; round: number };
  /** A call became a task. `task` is a name for logs, and not the id. */
  'task.created': { session: string; task: string };
  /** The status of a task, or what comes with it, has changed. */
  'task.changed': {
    session: string;
    task: string;
    status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  };
  /** A handle was opened. `handle` is a name for logs, as `session` is. */
  'handle.opened': { kind: string; handle: string; principal: string };
  'handle.ended': { kind: string; handle: string; reason: EndReason; ageMs: number };
  /** The handle left this process in a drain, and a durable store has it. */
  'handle.kept': { kind: string; handle: string; ageMs: number };
  /** A handle could not be opened, or its code or a resource failed: it ends. */
  'handle.failed': { kind: string; handle: string; error: unknown };
  /** A durable store can not keep a handle, whose input or state is not plain data. */
  'handle.unstorable': { kind: string; handle: string };
  /** One step of an actor of the user's. Only assembled while there is a listener. */
  'actor.transition': ActorStep;
  /** An actor of a session logged something. Content: call `args` where content may be seen. */
  'actor.logged': { session: string; actor: string; args: () => readonly unknown[] };
  /** One step of a handle's machine. Only assembled while there is a listener. */
  'handle.transition': Omit<Transition, 'session'> & { kind: string; handle: string };
  /** A question to the client will never be answered: the server that asked is gone. */
  'question.expired': { session: string; method: string; cause: WakeCause | EndReason };
  'session.orphan': { session: string; what: 'resource' | 'handler' | 'server'; error?: unknown };
  /** One message passed a session's mailbox. Only assembled while there is a listener. */
  message: {
    at: number;
    session: string;
    direction: 'in' | 'out';
    kind: MessageKind;
    method: string | undefined;
    /**
     * The tool, prompt or resource that the message, or the request it answers, names. Content: call
     * this where content may be seen.
     */
    target?: (() => string | undefined) | undefined;
    bytes: number;
    /** The message as JSON, only where the runtime was made with `announceContent`. */
    text?: string | undefined;
  };
  /** Only assembled while there is a listener, as is `request.settled`. */
  'request.began': RequestBegan;
  'request.settled': RequestSettled;
  deadletter: DeadLetter;
  /** A limit was met; `limit` is the option's name. */
  limit: { session: string | undefined; limit: string };
  /** The supervisor changed its state. */
  'supervisor.transition': { at: number; event: SupervisorEvent['type']; from: string; to: string };
  /**
   * The session store failed; `session` where it failed for one session, which goes on in memory.
   */
  'store.failed': { session: string | undefined; doing: StoreWork; error: unknown };
  /** This process of a cluster is in another state; `why` is the event that led there. */
  'cluster.changed': { at: number; state: NodeState; why: string };
  /** A session goes on here whose process, `from`, has died or can not be heard. */
  'cluster.takeover': { session: string; from: string };
  /** What came from another process was not for this one, not sealed by the secret, or came twice. */
  'cluster.refused': { why: string };
  /** The clock of the engine has moved by more than a minute: no session expires until it is back. */
  'cluster.clock': { byMs: number };
  /** The engine of the cluster, or the way to the other processes, failed: it is tried again. */
  'cluster.failed': { error: unknown };
  /** The clock is far from what the store has last seen: its sessions keep the time they had. */
  'clock.shifted': ClockShift;
  /** A request failed outside any session: in `principal`, `createId`, or in a defect of ours. */
  'endpoint.failed': { error: unknown };
  /**
   * The default principal of a caller is its OAuth client, for want of a subject: all users of that
   * application are one principal. Announced once.
   */
  'principal.shared': { at: number };
  /** `evictPrincipal` found no session: `principal` is the loggable name of what was asked for. */
  'revocation.missed': { principal: string };
  /**
   * A request was refused because its `Host`, or the `Origin` of its page, is not in the list of
   * that option. `name` is text from the wire, not checked.
   */
  'caller.foreign': { option: 'allowedHosts' | 'allowedOrigins'; name: string };
  /**
   * An error that nobody caught, in a timer or a promise nobody awaits, and that no session ends
   * for; `session` is the one whose code had started it, where that is known.
   */
  'error.escaped': { session: string | undefined; error: unknown; why: Escape };
  /** A listener of this stream threw. The error of a listener to this event is not announced. */
  'observer.failed': { event: string; error: unknown };
}

export type RuntimeEventName = keyof RuntimeEvents;

/** The names of all events; the type asks for each. */
export const RUNTIME_EVENTS: Readonly<Record<RuntimeEventName, true>> = {
  'session.started': true,
  'session.transition': true,
  'session.ended': true,
  'session.kept': true,
  'session.moved': true,
  'session.crashed': true,
  'session.slept': true,
  'session.woken': true,
  'session.pinned': true,
  'session.unstorable': true,
  'session.forgotten': true,
  'call.transition': true,
  'call.parked': true,
  'call.claimed': true,
  'call.abandoned': true,
  'task.created': true,
  'task.changed': true,
  'handle.opened': true,
  'handle.ended': true,
  'handle.kept': true,
  'handle.failed': true,
  'handle.unstorable': true,
  'handle.transition': true,
  'actor.transition': true,
  'actor.logged': true,
  'question.expired': true,
  'session.orphan': true,
  message: true,
  'request.began': true,
  'request.settled': true,
  deadletter: true,
  limit: true,
  'supervisor.transition': true,
  'store.failed': true,
  'cluster.changed': true,
  'cluster.takeover': true,
  'cluster.refused': true,
  'cluster.clock': true,
  'cluster.failed': true,
  'clock.shifted': true,
  'principal.shared': true,
  'revocation.missed': true,
  'caller.foreign': true,
  'endpoint.failed': true,
  'error.escaped': true,
  'observer.failed': true,
};
