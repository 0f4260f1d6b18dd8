import type { ChildProcess } from 'node:child_process';
import type { Clock } from './clock.ts';
import { ActorsError } from './errors.ts';
import { KILL_TIMEOUT_MS, ProcessGroup } from './processGroup.ts';
import { reaper } from './reaper.ts';

/** From the first sign of a child's end to its report: what the child still said is read. */
const LAST_WORDS_MS = 250;

/** How a child process is owned. */
export interface ChildTerms {
  /** How long the child may take to end after SIGTERM, before SIGKILL. */
  readonly graceMs: number;
  readonly clock: Clock;
  /** An end of the child by itself is no failure, and neither is a pipe to the ended child. */
  readonly mayEnd: boolean;
  /** The child has ended, by itself or as it was told. */
  readonly ended: (error: ActorsError) => void;
}

/**
 * A child process with an owner. Its end is noticed. At the release the child gets SIGTERM, then
 * SIGKILL, with its whole process group where the child leads one; a process that is killed itself
 * has the child ended by the reaper.
 */
export class OwnedChild {
  readonly #child: ChildProcess;
  readonly #terms: ChildTerms;
  /** `null` where the child was never started, or ended before it had an owner. */
  readonly #group: ProcessGroup | null;

  constructor(child: ChildProcess, terms: ChildTerms) {
    this.#child = child;
    this.#terms = terms;
    const { pid } = child;
    this.#group = pid === undefined || hasExited(child) ? null : new ProcessGroup(child, pid);
    if (this.#group !== null) reaper.add(this.#group.target);
  }

  /** Listens for the end, once the child is in the scope: an end that was before is told now. */
  watch(): void {
    const child = this.#child;
    const { clock, mayEnd, ended } = this.#terms;
    if (hasExited(child)) return ended(endOf(child, 'had ended'));
    let isEnding = false;
    const ending = (what: string): void => {
      if (isEnding) return;
      isEnding = true;
      const over = (): void => {
        clock.clearTimeout(timer);
        ended(endOf(child, what));
      };
      const timer = clock.setTimeout(over, LAST_WORDS_MS);
      child.once('close', over);
    };
    child.once('exit', () => {
      this.#leaderGone();
      ending('ended');
    });
    // Written to in vain: a pipe without a listener would end this process.
    for (const pipe of child.stdio) {
      pipe?.on('error', () => {
        if (!mayEnd) ending('closed a pipe');
      });
    }
  }

  /** How long a release takes at most. */
  get deadlineMs(): number {
    return this.#terms.graceMs + 2 * KILL_TIMEOUT_MS;
  }

  /** @throws ActorsError `timed-out` where SIGKILL does not end the child */
  readonly release = async (): Promise<void> => {
    const group = this.#group;
    if (group === null) return;
    group.signal('SIGTERM');
    if (!(await group.gone(this.#terms.graceMs))) {
      group.signal('SIGKILL');
      if (!(await group.gone(KILL_TIMEOUT_MS))) {
        throw new ActorsError('timed-out', `process ${group.pid} can not be ended`);
      }
    }
    reaper.remove(group.target);
  };

  /** The child has ended. Its number may soon be another program's. */
  #leaderGone(): void {
    const group = this.#group;
    // What is left of a child that may end is not waited for: nobody would release it.
    if (group?.isAlive === true && this.#terms.mayEnd) group.signal('SIGKILL');
    if (group !== null && (this.#terms.mayEnd || !group.isAlive)) reaper.remove(group.target);
  }
}

/** The child process that a resource is: one of `node:child_process`, or made by a wrapper of it. */
export function childOf(resource: unknown): ChildProcess | undefined {
  const { pid, kill, stdio, exitCode, signalCode, once } = (resource ??
    {}) as Partial<ChildProcess>;
  const isChild =
    (pid === undefined || typeof pid === 'number') &&
    typeof kill === 'function' &&
    typeof once === 'function' &&
    Array.isArray(stdio) &&
    exitCode !== undefined &&
    signalCode !== undefined;
  return isChild ? (resource as ChildProcess) : undefined;
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function endOf({ exitCode, pid, signalCode }: ChildProcess, what: string): ActorsError {
  const how = signalCode === null ? `exited with code ${exitCode}` : `was ended by ${signalCode}`;
  const text = exitCode === null && signalCode === null ? what : how;
  return new ActorsError('resource-ended', `the owned process ${pid} ${text}`);
}
