import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
// Real time, and timers that hold the process: a program that awaits the end of its child processes
// must not end before them.
import { setTimeout as delay } from 'node:timers/promises';
import { heldTimer } from '../adapters/heldTimer.ts';
import { systemClock } from '../base/clock.ts';
import { awaited } from '../base/within.ts';

const FIRST_POLL_MS = 5;
const MAX_POLL_MS = 50;

/** Windows has no process groups: there, only the child process itself is ended. */
export const hasGroups = process.platform !== 'win32';

/** A child process and every process it has started, as long as they stay in its process group. */
export class ProcessGroup {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #isGone = false;
  /** The last list of running groups that this group was missing from. */
  #missing: ReadonlySet<number> | undefined;

  constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        // Checked at once: a free process number may soon be another program's.
        this.#isGone = hasGroups && !sendSignal(-pid, 0);
        resolve();
      });
    });
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (!hasGroups) this.#child.kill(name);
    else if (this.isAlive) sendSignal(-this.pid, name);
  }

  /** Whether any process of the group runs. */
  get isAlive(): boolean {
    if (this.#hasLeader) return true;
    this.#isGone ||= !hasGroups || !sendSignal(-this.pid, 0) || this.#hasOnlyDead;
    return !this.#isGone;
  }

  /** Waits until no process of the group runs; `false` when one still does after `timeoutMs`. */
  async gone(timeoutMs: number): Promise<boolean> {
    const deadline = systemClock.now() + timeoutMs;
    if (this.#hasLeader) await awaited(this.#exited, heldTimer(timeoutMs));
    for (let pause = FIRST_POLL_MS; this.isAlive; pause = Math.min(pause * 2, MAX_POLL_MS)) {
      const left = deadline - systemClock.now();
      if (left <= 0) return false;
      await delay(Math.min(pause, left));
    }
    return true;
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
    process.kill(target, signal);
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
  if (process.platform !== 'linux') return undefined;
  const now = systemClock.now();
  if (list !== undefined && now - listedAt < LIST_AGE_MS && now >= listedAt) return list;
  try {
    list = new Set();
    listedAt = now;
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const group = runningGroupOf(name);
      if (group !== undefined) list.add(group);
    }
  } catch {
    list = undefined;
  }
  return list;
}

function runningGroupOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything: the fields begin behind the last parenthesis.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(group);
  } catch {
    return undefined;
  }
}
