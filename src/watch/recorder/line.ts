import type { EndReason } from '../../../machines/session.ts';
import type { SupervisorEvent } from '../../../machines/supervisor.ts';
import type {
  DeadLetter,
  PinnedBy,
  RuntimeEvents,
  StoreWork,
  Transition,
  WakeCause,
} from '../../events/events.ts';

export const FORMAT = 'mcp-actors-recording';
/** Version of the format; raised when a reader of this version could misread newer recordings. */
export const FORMAT_VERSION = 1;

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

export interface TransitionLine extends Transition {
  readonly type: 'transition';
}

export interface SupervisorLine {
  readonly type: 'supervisor';
  readonly at: number;
  readonly event: SupervisorEvent['type'];
  readonly from: string;
  readonly to: string;
}

export interface EndedLine {
  readonly type: 'ended';
  readonly at: number;
  readonly session: string;
  readonly reason: EndReason;
  readonly ageMs: number;
}

/** Says that lines are missing at this place, because they could not be written in time. */
export interface DroppedLine {
  readonly type: 'dropped';
  readonly at: number;
  readonly lines: number;
}

/** The last line of a recording that was ended and not cut off. */
export interface EndLine {
  readonly type: 'end';
  readonly at: number;
  readonly why: 'closed' | 'full' | 'rotated';
  /** Lines of this file, without this one. */
  readonly lines: number;
  /** Lines dropped since the recording began. */
  readonly dropped: number;
}

/** One line of a recording, as JSON. `at` is in milliseconds since the epoch. */
export type RecordingLine =
  | HeaderLine
  | TransitionLine
  | SupervisorLine
  | EndedLine
  | DroppedLine
  | EndLine
  | { type: 'started'; at: number; session: string; principal: string }
  /** `error` is the name of the error's class and nothing of its text. */
  | { type: 'crashed'; at: number; session: string; restarted: boolean; error: string }
  | { type: 'slept'; at: number; session: string }
  | { type: 'woken'; at: number; session: string; cause: WakeCause; epoch: number; ms: number }
  | { type: 'pinned'; at: number; session: string; why: PinnedBy }
  | { type: 'orphan'; at: number; session: string; what: RuntimeEvents['session.orphan']['what'] }
  | { type: 'limit'; at: number; session?: string | undefined; limit: string }
  | { type: 'store'; at: number; session?: string | undefined; doing: StoreWork; error: string }
  /** `method` is present where messages are recorded. */
  | ({ type: 'deadletter' } & Omit<DeadLetter, 'method'> & { method?: string | undefined })
  /** Written only where messages are recorded. */
  | ({ type: 'message' } & RuntimeEvents['message'])
  | {
      type: 'question';
      at: number;
      session: string;
      method: string;
      cause: RuntimeEvents['question.expired']['cause'];
    };
