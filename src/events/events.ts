import type { EndReason, SessionEvent } from '../../machines/session.ts';
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
export const PINNED_BY = ['resources', 'state', 'store', 'refused'] as const;
export type PinnedBy = (typeof PINNED_BY)[number];

/** What a session store was asked to do. A closed set. */
export type StoreWork = 'open' | 'get' | 'put' | 'remove' | 'sweep' | 'append' | 'load';

/** How a session came to be in this process: opened by its client, or recalled from a record. */
export type Beginning =
  | { readonly type: 'session.opened'; readonly sleeps: boolean }
  | { readonly type: 'session.recalled'; readonly confirmed: boolean };

/** One step of a session's machine: replayed through the machine, it leads to the same state. */
export interface Transition {
  readonly at: number;
  readonly session: string;
  /** Members of closed sets only; nothing of the wire is in it. */
  readonly event: SessionEvent | Beginning;
  /** The path of a state, such as `idle.warm`; `new` before the first one. */
  readonly from: string;
  readonly to: string;
  readonly effects: readonly SessionEffect[];
}

/** What carries the messages of a session. A closed set; `http` is Streamable HTTP. */
export const CARRIERS = ['http', 'websocket', 'stdio', 'sse', 'memory'] as const;
export type Carrier = (typeof CARRIERS)[number];

/** How a request came to its end. A closed set. */
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
  /** there was no room to let it wait */
  'refused',
] as const;

export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** What a client sent in `_meta` of the trace it is in: text of the wire, not checked. */
export interface TraceContext {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

/** Runs a handler where a listener wants it, such as inside a span: calls it once, in this turn. */
export type Within = (handle: () => void) => void;

/** A request was taken in. */
export interface RequestBegan {
  readonly at: number;
  readonly session: string;
  /** Its number in this process: `request.settled` has the same. */
  readonly request: number;
  /** As its client wrote it: any text of up to 256 characters. */
  readonly method: string;
  /** `undefined` before `initialize` is answered. */
  readonly protocolVersion: string | undefined;
  readonly carrier: Carrier;
  readonly trace: TraceContext | undefined;
  /** The tool or prompt it names. Content: ask for it where it may be seen. */
  readonly target: () => string | undefined;
  /** Has its handler run inside `run`. A `run` that throws, or never calls, changes nothing. */
  readonly within: (run: Within) => void;
}

/** A request that was announced is over; each is, once. */
export interface RequestSettled {
  readonly at: number;
  readonly session: string;
  readonly request: number;
  readonly method: string;
  readonly protocolVersion: string | undefined;
  readonly carrier: Carrier;
  /** Since it was taken in. */
  readonly ms: number;
  readonly outcome: RequestOutcome;
  /** Of the JSON-RPC error its client got. */
  readonly errorCode: number | undefined;
}

/** What a runtime announces. `session` is always the loggable key, never the id. */
export interface RuntimeEvents {
  'session.started': { session: string; principal: string };
  /** Only assembled while somebody listens. */
  'session.transition': Transition;
  'session.ended': { session: string; reason: EndReason; ageMs: number };
  'session.crashed': { session: string; error: unknown; restarted: boolean };
  /** The server was released; a record stays. `detached`: and nothing else is left of it here. */
  'session.slept': { session: string };
  /** The server was rebuilt: the session had slept, its server had crashed, or its process ended. */
  'session.woken': { session: string; cause: WakeCause; epoch: number; ms: number };
  /** An idle session keeps its server: why it can not sleep. */
  'session.pinned': { session: string; why: PinnedBy };
  /** A question to the client will never be answered: its incarnation is gone. */
  'question.expired': { session: string; method: string; cause: WakeCause | EndReason };
  'session.orphan': { session: string; what: 'resource' | 'handler' | 'server'; error?: unknown };
  /** One message passed a mailbox. Only assembled while somebody listens. */
  message: {
    at: number;
    session: string;
    direction: 'in' | 'out';
    kind: MessageKind;
    method: string | undefined;
    bytes: number;
    /** The message as JSON. Only where the runtime was made with `announceContent`. */
    text?: string | undefined;
  };
  /** Only assembled while somebody listens, as is the next. */
  'request.began': RequestBegan;
  'request.settled': RequestSettled;
  deadletter: DeadLetter;
  /** A limit was met; `limit` is the option's name. */
  limit: { session: string | undefined; limit: string };
  /** The supervisor moved. */
  'supervisor.transition': { at: number; event: SupervisorEvent['type']; from: string; to: string };
  /** The session store failed; `session` where it was about one. The session goes on in memory. */
  'store.failed': { session: string | undefined; doing: StoreWork; error: unknown };
  /** A request failed outside any session: in `principal`, `createId`, or in a defect of ours. */
  'endpoint.failed': { error: unknown };
  /** A listener of this stream threw. Its own error is never announced to it again. */
  'observer.failed': { event: string; error: unknown };
}

export type RuntimeEventName = keyof RuntimeEvents;
