import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

interface Stat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
}

/** Whether a process runs; one that ended and was not waited for does not. */
export function runs(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** The running children of a process. */
export function childrenOf(parent: number = process.pid): number[] {
  return all()
    .filter((each) => each.parent === parent && each.state !== 'Z')
    .map(({ pid }) => pid);
}

/** The name of a process; `undefined` when it is gone. */
export function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The running processes of a group. */
export function membersOf(group: number): number[] {
  return all()
    .filter((each) => each.group === group && each.state !== 'Z')
    .map(({ pid }) => pid);
}

/** Descriptors a process holds, by number and what is behind it. */
export function descriptorsOf(pid: number = process.pid): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [`${name} ${readlinkSync(`${folder}/${name}`)}`];
    } catch {
      // The one that reads the list.
      return [];
    }
  });
}

/**
 * Waits until something about processes holds. They tell nobody of their changes, so this looks
 * again and again; the test's own timeout ends it, or `withinMs`, with `false`.
 */
export async function comesTrue(test: () => boolean, withinMs = Infinity): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (!test()) {
    if (Date.now() > until) return false;
    await delay(10);
  }
  return true;
}

function all(): Stat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => statOf(Number(pid)) ?? []);
}

function statOf(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, state, parent: Number(parent), group: Number(group) };
  } catch {
    return undefined;
  }
}
