import type { Passed } from '../../gateway/passed.ts';
import type { RecordingLine } from '../recorder/line.ts';

/**
 * One line of what happened: those of a recording, and one more for messages between a gateway's
 * session and the server behind it. Names, types and sizes, never what a message said.
 */
export type Line = RecordingLine | ({ readonly type: 'upstream' } & Passed);

export type LineOf<T extends Line['type']> = Extract<Line, { type: T }>;

/** A line with its number: the page asks for what came after the last one it has. */
export interface Numbered {
  readonly n: number;
  readonly line: Line;
}
