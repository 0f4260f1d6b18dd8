/** What the process says with its exit code. */
export const EXIT = {
  ok: 0,
  /** It could not start. */
  failed: 1,
  /** A recording is not what the machine does. */
  differs: 1,
  /** The command line makes no sense (`EX_USAGE`). */
  usage: 64,
  /** A file is no recording, or a broken one (`EX_DATAERR`). */
  badData: 65,
  /** A file can not be read (`EX_NOINPUT`). */
  noInput: 66,
} as const;

/** Ends the command with a message on stderr. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}
