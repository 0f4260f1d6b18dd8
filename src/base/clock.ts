/** Time as a runtime reads it. Tests inject a virtual clock; nothing else in core reads a clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Runs a callback in a later turn of the event loop. @default a timer of 0 ms */
  setImmediate?(callback: () => void): void;
}

/** Longest delay that a timer takes in every host: some hosts fire a longer one at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The host's clock. Its timers never keep a process alive. */
export const systemClock: Clock = {
  // Monotonic: a step of the wall clock must not move every deadline.
  now: () => Math.trunc(performance.timeOrigin + performance.now()),
  setTimeout(callback, delayMs) {
    const timer: unknown = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) {
      (timer as { unref(): void }).unref();
    }
    return timer;
  },
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  ...(typeof setImmediate === 'function' && {
    setImmediate: (callback: () => void) => void setImmediate(callback),
  }),
};

/** The wall clock, in milliseconds since the epoch: may be set, and runs while the machine sleeps. */
export function wallTime(): number {
  return Date.now();
}

/** A clock for short times, in milliseconds and parts of them: steady, from no moment in particular. */
export function fineTime(): number {
  return performance.now();
}

/**
 * The host's clock with timers that keep the process alive: a program that awaits the end of its
 * child processes must not end before them.
 */
export const heldClock: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS)),
};

/** A time in milliseconds since the epoch as text, in UTC (ISO 8601). */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
