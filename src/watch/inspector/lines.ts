import type { EndReason } from '../../../machines/session.ts';
import type { DeadLetter, PinnedBy, RuntimeEvents, Transition, WakeCause } from '../../events.ts';
import type { MessageKind } from '../../wire/jsonrpc.ts';

/**
 * One line of a recording: a JSON object a line, in order of time, `type` first. Names, types and
 * sizes, never what a message said. `session` is the loggable key; `at` milliseconds since the epoch.
 */
export type Line =
  | { readonly type: 'started'; at: number; session: string; principal: string }
  /** The fields of the event `session.transition`, all of them. */
  | ({ readonly type: 'transition' } & Transition)
  /** One message passed the session's mailbox. */
  | ({ readonly type: 'message' } & MessageFields)
  /** One message passed between a gateway's session and the server behind it; `out` is to it. */
  | ({ readonly type: 'upstream' } & MessageFields)
  | ({ readonly type: 'deadletter' } & DeadLetter)
  | { readonly type: 'slept'; at: number; session: string }
  | { readonly type: 'woken'; at: number; session: string; cause: WakeCause; epoch: number }
  | { readonly type: 'pinned'; at: number; session: string; why: PinnedBy }
  /** `error` is the name of the error's class: its message may quote what a client said. */
  | { readonly type: 'crashed'; at: number; session: string; error: string; restarted: boolean }
  | { readonly type: 'limit'; at: number; session: string | undefined; limit: string }
  | { readonly type: 'ended'; at: number; session: string; reason: EndReason; ageMs: number }
  | ({ readonly type: 'supervisor' } & RuntimeEvents['supervisor.transition']);

interface MessageFields {
  readonly at: number;
  readonly session: string;
  readonly direction: 'in' | 'out';
  readonly kind: MessageKind;
  readonly method: string | undefined;
  readonly bytes: number;
}

export type LineOf<T extends Line['type']> = Extract<Line, { type: T }>;

/** A line with its number: the page asks for what came after the last one it has. */
export interface Numbered {
  readonly n: number;
  readonly line: Line;
}
