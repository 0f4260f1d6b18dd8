/** What is wrong with a file. */
export type RecordingFault =
  /** Its first line is no header. */
  | 'not-a-recording'
  /** It was written by a newer version, in a format this one does not know. */
  | 'newer-format'
  /** A line is not what the format says. */
  | 'corrupt';

/** A recording can not be read: match on `code`, never on the text. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingFault;
  /** Counted from 1. */
  readonly line: number;

  constructor(code: RecordingFault, line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.code = code;
    this.line = line;
  }
}
