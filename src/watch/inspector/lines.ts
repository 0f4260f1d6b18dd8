import type { Passed } from '../../gateway/passed.ts';
import type { RecordingLine } from '../recorder/line.ts';

type Recorded<T extends RecordingLine['type']> = Extract<RecordingLine, { readonly type: T }>;

/** The tool, prompt or resource that a message, or the request it answers, names. */
interface Naming {
  readonly name?: string;
}

type MessageLine = Recorded<'message'> & Naming;

/** A message between a gateway's session and the server behind it. */
type UpstreamLine = { readonly type: 'upstream' } & Omit<Passed, 'target'> & Naming;

/** A crash, with the message of its error and the first lines of its stack: for the page alone. */
type CrashedLine = Recorded<'crashed'> & { readonly text?: string };

/** An end in this process, with what the client called itself: for the page alone. */
type EndedLine = Recorded<'ended' | 'kept'> & { readonly client?: string };

/**
 * One line of what happened: a line of a recording, or a message between a gateway's session and
 * the server behind it. Names, types and sizes, never the content of a message.
 */
export type Line =
  | Exclude<RecordingLine, { readonly type: 'message' | 'crashed' | 'ended' | 'kept' }>
  | MessageLine
  | CrashedLine
  | EndedLine
  | UpstreamLine;

export type LineOf<T extends Line['type']> = Extract<Line, { type: T }>;

/** A line with its number: a page asks for the lines after the last number it has. */
export interface Numbered {
  readonly n: number;
  readonly line: Line;
}
