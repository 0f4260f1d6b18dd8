import type { RuntimeEventName, RuntimeEvents } from '../../events/events.ts';
import type { DefinedState } from '../chartDefinition.ts';

export const FORMAT = 'mcp-actors-recording';
/** Version of the format; raised when a reader of this version could misread newer recordings. */
export const FORMAT_VERSION = 1;

/**
 * The runtime events that are recorded: the type of the line each becomes, and the members it keeps
 * there. Each by name: a member that events get one day is not recorded by accident.
 */
export const KEPT = {
  'session.transition': {
    type: 'transition',
    members: ['session', 'event', 'from', 'to', 'effects'],
  },
  'supervisor.transition': { type: 'supervisor', members: ['event', 'from', 'to'] },
  'session.started': { type: 'started', members: ['session', 'principal'] },
  'session.ended': { type: 'ended', members: ['session', 'reason', 'ageMs'] },
  'session.kept': { type: 'kept', members: ['session', 'ageMs'] },
  'session.crashed': { type: 'crashed', members: ['session', 'restarted', 'error'] },
  'session.slept': { type: 'slept', members: ['session'] },
  'session.woken': { type: 'woken', members: ['session', 'cause', 'epoch', 'ms'] },
  'session.pinned': { type: 'pinned', members: ['session', 'why'] },
  'session.orphan': { type: 'orphan', members: ['session', 'what'] },
  'actor.transition': {
    type: 'actor',
    members: ['session', 'actor', 'event', 'tool', 'from', 'to'],
  },
  'handle.transition': {
    type: 'handle',
    members: ['kind', 'handle', 'event', 'from', 'to', 'effects'],
  },
  'handle.ended': { type: 'handle-ended', members: ['kind', 'handle', 'reason', 'ageMs'] },
  'handle.kept': { type: 'handle-kept', members: ['kind', 'handle', 'ageMs'] },
  'handle.failed': { type: 'handle-failed', members: ['kind', 'handle', 'error'] },
  'call.transition': { type: 'call', members: ['session', 'call', 'event', 'from', 'to'] },
  limit: { type: 'limit', members: ['session', 'limit'] },
  'store.failed': { type: 'store', members: ['session', 'doing', 'error'] },
  /** With its method where messages are recorded. */
  deadletter: {
    type: 'deadletter',
    members: ['session', 'direction', 'kind', 'reason', 'method'],
  },
  /** Only where messages are recorded. */
  message: { type: 'message', members: ['session', 'direction', 'kind', 'method', 'bytes'] },
  /** Only where messages are recorded. */
  'question.expired': { type: 'question', members: ['session', 'method', 'cause'] },
} as const satisfies {
  readonly [N in RuntimeEventName]?: {
    readonly type: string;
    readonly members: readonly (keyof RuntimeEvents[N])[];
  };
};

export type KeptEvent = keyof typeof KEPT;

/** The line of an event. Of an error it has the name of its class and nothing of its text. */
type Kept<N extends KeptEvent> = {
  readonly type: (typeof KEPT)[N]['type'];
  readonly at: number;
} & {
  readonly [M in (typeof KEPT)[N]['members'][number] & keyof RuntimeEvents[N]]: M extends 'error'
    ? string
    : RuntimeEvents[N][M];
};

export type TransitionLine = Kept<'session.transition'>;
export type SupervisorLine = Kept<'supervisor.transition'>;
export type EndedLine = Kept<'session.ended'>;
export type KeptLine = Kept<'session.kept'>;
export type HandleEndedLine = Kept<'handle.ended'>;
export type HandleKeptLine = Kept<'handle.kept'>;
export type HandleLine = Kept<'handle.transition'>;
export type CallLine = Kept<'call.transition'>;
/** One step of an actor. `chart`: the number of its machine's chart, where that is recorded. */
export type ActorLine = Kept<'actor.transition'> & { readonly chart?: number };

/** The chart of a machine of the user's, once in a file. */
export interface ChartLine {
  readonly type: 'chart';
  readonly at: number;
  /** Its number in this recording, from 1. */
  readonly chart: number;
  /** The machine's id. */
  readonly machine: string;
  /** What `createMachine` makes the chart of again, without code and context. */
  readonly definition: DefinedState;
}

/** The first line of a recording. */
export interface HeaderLine {
  readonly type: 'header';
  readonly format: typeof FORMAT;
  readonly formatVersion: number;
  /** Version of the library that wrote the recording. */
  readonly version: string;
  readonly at: number;
  /** Whether messages are recorded too: their methods and sizes. */
  readonly messages: boolean;
}

/** Says that lines are missing at this place, because they could not be written in time. */
export interface DroppedLine {
  readonly type: 'dropped';
  readonly at: number;
  readonly lines: number;
}

export const ENDINGS = ['closed', 'full', 'rotated'] as const;

/** The last line of a recording that was ended and not cut off. */
export interface EndLine {
  readonly type: 'end';
  readonly at: number;
  readonly why: (typeof ENDINGS)[number];
  /** Lines of this file, without this one. */
  readonly lines: number;
  /** Lines dropped since the recording began. */
  readonly dropped: number;
}

/** One line of a recording, as JSON. `at` is in milliseconds since the epoch. */
export type RecordingLine =
  | HeaderLine
  | { [N in Exclude<KeptEvent, 'actor.transition'>]: Kept<N> }[Exclude<
      KeptEvent,
      'actor.transition'
    >]
  | ActorLine
  | ChartLine
  | DroppedLine
  | EndLine;
