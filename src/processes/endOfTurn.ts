import { systemClock } from '../base/clock.ts';

/** Runs a callback when what has arrived in this turn of the event loop is read. */
export function atEndOfTurn(callback: () => void): void {
  if (systemClock.setImmediate === undefined) queueMicrotask(callback);
  else systemClock.setImmediate(callback);
}
