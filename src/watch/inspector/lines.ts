import type { Passed } from '../../gateway/passed.ts';
import type { RecordingLine } from '../recorder/line.ts';

/**
 * One line of what happened: a line of a recording, or a message between a gateway's session and
 * the server behind it. Names, types and sizes, never the content of a message.
 */
export type Line = RecordingLine | ({ readonly type: 'upstream' } & Passed);

export type LineOf<T extends Line['type']> = Extract<Line, { type: T }>;

/** A line with its number: a page asks for the lines after the last number it has. */
export interface Numbered {
  readonly n: number;
  readonly line: Line;
}
