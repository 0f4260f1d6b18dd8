import type { ChildProcess } from 'node:child_process';
import type * as FileSystem from 'node:fs';
import { builtin, host } from './builtin.ts';
// Real time, and timers that hold the process: a program that awaits the end of its child processes
// must not end before them.
import { heldClock as clock } from './clock.ts';
import { awaited, timerFor } from './within.ts';

/** How long SIGKILL may take before a process counts as one that can not be ended. */
export const KILL_TIMEOUT_MS = 2000;
const FIRST_POLL_MS = 5;
const MAX_POLL_MS = 50;

/** Windows has no process groups: there, only the child process itself is ended. */
export const hasGroups = host !== undefined && host.platform !== 'win32';

/** A child process, as {@link ProcessGroup} uses one. */
export type Leader = Pick<ChildProcess, 'exitCode' | 'signalCode' | 'kill'> & {
  once(event: 'exit', listener: () => void): unknown;
};

/**
 * A child process and every process it has started, as long as they stay in its process group. A
 * child that was not given a group of its own (`detached: true`) is here alone.
 */
export class ProcessGroup {
  readonly pid: number;
  /** What signals go to: a process group, as a negative number, or the child process alone. */
  readonly target: number;
  readonly #child: Leader;
  readonly #exited: Promise<void>;
  #isGone = false;
  /** The last list of running groups that this group was missing from. */
  #missing: ReadonlySet<number> | undefined;

  /** @param child a child process whose exit has not been heard */
  constructor(child: Leader, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.target = hasGroups && sendSignal(-pid, 0) ? -pid : pid;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        // Checked at once: a free process number may soon be another program's.
        this.#isGone = this.#isAlone || !sendSignal(this.target, 0);
        resolve();
      });
    });
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#isAlone) this.#child.kill(name);
    else if (this.isAlive) sendSignal(this.target, name);
  }

  /** Whether any process of the group runs. */
  get isAlive(): boolean {
    if (this.#hasLeader) return true;
    this.#isGone ||= this.#isAlone || !sendSignal(this.target, 0) || this.#hasOnlyDead;
    return !this.#isGone;
  }

  /** Waits until no process of the group runs; `false` when one still does after `timeoutMs`. */
  async gone(timeoutMs: number): Promise<boolean> {
    const deadline = clock.now() + timeoutMs;
    if (this.#hasLeader) await awaited(this.#exited, timerFor(clock, timeoutMs));
    for (let pause = FIRST_POLL_MS; this.isAlive; pause = Math.min(pause * 2, MAX_POLL_MS)) {
      const left = deadline - clock.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        clock.setTimeout(resolve, Math.min(pause, left));
      });
    }
    return true;
  }

  /** The child is no leader of a group: whatever the child has started is not known. */
  get #isAlone(): boolean {
    return this.target > 0;
  }

  /**
   * Whether only processes are left that ended and were not waited for. Such a process counts as a
   * member of its group for as long as its new parent likes, in a container perhaps for ever. Where
   * `/proc` tells, only running processes count.
   */
  get #hasOnlyDead(): boolean {
    const running = runningGroups();
    if (running === undefined || running.has(this.pid)) return false;
    // Two lists must agree: a process that forks while a list is made can be missing from it.
    const isSure = this.#missing !== undefined && this.#missing !== running;
    this.#missing ??= running;
    return isSure;
  }

  get #hasLeader(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

/** Sends a signal; `false` where no process has that number, or none that is ours to end. */
function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    host?.kill(target, signal);
    return true;
  } catch {
    return false;
  }
}

const LIST_AGE_MS = 20;
let list: Set<number> | undefined;
let listedAt = -Infinity;

/** Groups that run. One reading serves all callers of 20 ms: it opens a file per process. */
function runningGroups(): Set<number> | undefined {
  const files = host?.platform === 'linux' ? builtin('node:fs') : undefined;
  if (files === undefined) return undefined;
  const now = clock.now();
  if (list !== undefined && now - listedAt < LIST_AGE_MS && now >= listedAt) return list;
  try {
    list = new Set();
    listedAt = now;
    for (const name of files.readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const group = runningGroupOf(files, name);
      if (group !== undefined) list.add(group);
    }
  } catch {
    list = undefined;
  }
  return list;
}

function runningGroupOf(files: typeof FileSystem, pid: string): number | undefined {
  try {
    const stat = files.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything: the fields begin behind the last parenthesis.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(group);
  } catch {
    return undefined;
  }
}
