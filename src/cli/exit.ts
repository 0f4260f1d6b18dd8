/** Exit codes of the process, and what each says. */
export const EXIT = {
  ok: 0,
  /** The command could not start. */
  failed: 1,
  /** The machine does something else than a recording says. */
  differs: 1,
  /** The command line makes no sense (`EX_USAGE`). */
  usage: 64,
  /** The file is no recording, or a broken one (`EX_DATAERR`). */
  badData: 65,
  /** The server can not be reached, or has no sessions (`EX_UNAVAILABLE`). */
  unavailable: 69,
  /** The file can not be read (`EX_NOINPUT`). */
  noInput: 66,
} as const;

/** Ends the command with this message on stderr and this exit code. */
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
