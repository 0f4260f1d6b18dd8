import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that has a store. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** The same text for processes that can see each other; `''` where that is not known. */
  readonly place: string;
}

/** This process. */
export function thisProcess(): Holder {
  return { pid: process.pid, host: hostname(), place: place() };
}

/** A holder as it is kept in a lease. */
export function holderText({ pid, host, place: where }: Holder): string {
  return JSON.stringify([pid, host, where]);
}

/** The holder that a lease names. */
export function holderOf(text: string): Holder {
  try {
    const [pid, host, where] = JSON.parse(text) as readonly unknown[];
    return { pid: Number(pid), host: String(host), place: String(where) };
  } catch {
    return { pid: NaN, host: 'unknown', place: '' };
  }
}

/** Whether a process is known to have ended. A process of another machine or container never is. */
export function isGone(holder: Holder, here: Holder): boolean {
  if (holder.place === '' || holder.place !== here.place) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Boot of the machine and namespace of process numbers, where the system tells. */
function place(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
