import { MAX_TIMER_MS } from '../base/clock.ts';
import { leaveProcess } from './leaveProcess.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * A second signal within this time is the first one, passed on: on Ctrl-C a terminal tells the
 * whole process group, and npm or tsx then tell their child once more.
 */
const REPEAT_MS = 500;

/** How long resources may take to be released once all work in flight is done or cut. */
const RELEASE_MS = 4000;

/** Something that serves, and how long work in flight there may take. */
interface Served {
  readonly deadlineMs: number;
  readonly close: () => Promise<unknown>;
  /** The process leaves at once, whatever is in flight. */
  readonly cut?: () => void;
}

const served = new Set<Served>();
/** When the first signal came; `undefined` before. */
let asked: number | undefined;

/**
 * Ends the process gently when SIGINT or SIGTERM asks for the end: closes all that serves in this
 * process, then leaves by that signal. A second signal does not wait.
 *
 * @returns how to stop listening
 */
export function drainOnSignals(serving: Served): () => void {
  if (served.size === 0 && asked === undefined) {
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  served.add(serving);
  return () => {
    served.delete(serving);
    // A process that is ending listens on, for the second signal.
    if (served.size === 0 && asked === undefined) ignoreSignals();
  };
}

function onSignal(signal: NodeJS.Signals): void {
  const now = performance.now();
  if (asked !== undefined) {
    if (now - asked >= REPEAT_MS) cutBy(signal);
    return;
  }
  asked = now;
  const all = [...served];
  const longest = Math.max(...all.map(({ deadlineMs }) => deadlineMs));
  // Whatever hangs, the process ends; this timer also keeps the process from ending earlier.
  const timer = setTimeout(() => cutBy(signal), Math.min(longest + RELEASE_MS, MAX_TIMER_MS));
  const leave = (): void => {
    clearTimeout(timer);
    leaveBy(signal);
  };
  void Promise.allSettled(all.map(({ close }) => close())).then(leave);
}

function cutBy(signal: NodeJS.Signals): void {
  for (const { cut } of served) cut?.();
  leaveBy(signal, 0);
}

function leaveBy(signal: NodeJS.Signals, withinMs?: number): void {
  ignoreSignals();
  leaveProcess(signal, withinMs);
}

function ignoreSignals(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
}
