/** What is wrong with a recording. */
export type RecordingFault =
  /** The first line is no header. */
  | 'not-a-recording'
  /** A newer version wrote the recording, in a format this version does not know. */
  | 'newer-format'
  /** A line is not what the format says. */
  | 'corrupt';

/** Thrown for a recording that can not be read: match on `code`, never on the text. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingFault;
  /** Number of the line at fault, counted from 1. */
  readonly line: number;

  constructor(code: RecordingFault, line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.code = code;
    this.line = line;
  }
}
