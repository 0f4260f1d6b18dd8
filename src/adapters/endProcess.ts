import { inspect } from 'node:util';

/** How a part of the program ends with its process. */
export interface Ending {
  /** Work in flight may go on for this long. */
  readonly deadlineMs: number;
  /** Ends the part. @param session key of the session whose code threw, where that is known */
  end(cause: unknown, session: string | undefined): Promise<unknown>;
}

/** What may come after the deadline for work in flight: releases, and the last writes of a store. */
const AFTER_MS = 5000;

let isEnding = false;

const leave = (): never => process.exit(1);

/**
 * Ends the process over an exception that left something half done: what is in flight may finish,
 * what can be stored is stored, and the exit code is 1.
 */
export function endProcess(
  cause: unknown,
  session: string | undefined,
  endings: readonly Ending[],
): void {
  // What fails in a process that ends changes nothing.
  if (isEnding) return;
  isEnding = true;
  process.exitCode = 1;
  const deadlineMs = Math.max(...endings.map((each) => each.deadlineMs));
  const what = session === undefined ? '' : ` in session ${session}`;
  process.stderr.write(
    `Uncaught exception${what}: the process drains and exits within ${deadlineMs + AFTER_MS} ms\n` +
      `${inspect(cause)}\n`,
  );
  setTimeout(leave, deadlineMs + AFTER_MS);
  void Promise.allSettled(endings.map((each) => each.end(cause, session))).then(leave);
}
