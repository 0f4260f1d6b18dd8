/** What the process says with its exit code. */
export const EXIT = {
  ok: 0,
  /** It could not start. */
  failed: 1,
  /** The command line makes no sense (`EX_USAGE`). */
  usage: 64,
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
