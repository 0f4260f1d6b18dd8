import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
// Real time, and timers that hold the process: a program that awaits the end of its children must
// not end before them.
import { setTimeout as delay } from 'node:timers/promises';
import { heldTimer } from '../adapters/heldTimer.ts';
import { systemClock } from '../base/clock.ts';
import { awaited } from '../base/within.ts';

const FIRST_POLL_MS = 5;
const MAX_POLL_MS = 50;

/** Windows has no process groups: there, only the child itself is ended. */
export const hasGroups = process.platform !== 'win32';

/** A child and all it has started, as long as they stay in its process group. */
export class ProcessGroup {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #isGone = false;
  /** The last list of running groups it was not on. */
  #missing: ReadonlySet<number> | undefined;

  constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        // Looked at now: a number nobody holds may soon be somebody else's.
        this.#isGone = hasGroups && !sendSignal(-pid, 0);
        resolve();
      });
    });
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (!hasGroups) this.#child.kill(name);
    else if (this.isAlive) sendSignal(-this.pid, name);
  }

  /** Any process of it runs. */
  get isAlive(): boolean {
    if (this.#hasLeader) return true;
    this.#isGone ||= !hasGroups || !sendSignal(-this.pid, 0) || this.#hasOnlyDead;
    return !this.#isGone;
  }

  /** Waits until nothing of it runs; `false` when something still does after `timeoutMs`. */
  async gone(timeoutMs: number): Promise<boolean> {
    const deadline = systemClock.now() + timeoutMs;
    if (this.#hasLeader) {
      await awaited(this.#exited, heldTimer(timeoutMs));
    }
    for (let pause = FIRST_POLL_MS; this.isAlive; pause = Math.min(pause * 2, MAX_POLL_MS)) {
      const left = deadline - systemClock.now();
      if (left <= 0) return false;
      await delay(Math.min(pause, left));
    }
    return true;
  }

  /**
   * A process that ended and was not waited for counts as a member of its group for as long as its
   * new parent likes; in a container that can be for ever. Where `/proc` tells, only who runs counts.
   */
  get #hasOnlyDead(): boolean {
    const running = runningGroups();
    if (running === undefined || running.has(this.pid)) return false;
    // Twice: a process that forks and ends while the list is made can be missing from it.
    const isSure = this.#missing !== undefined && this.#missing !== running;
    this.#missing ??= running;
    return isSure;
  }

  get #hasLeader(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

/** `false`: there is nobody of that number, or nobody that is ours to end. */
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

/** One look for all that ask at about the same time: it reads a file per process. */
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
    // The name in parentheses may hold anything, so the fields are those after its last one.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(group);
  } catch {
    return undefined;
  }
}
