import { setTimeout as delay } from 'node:timers/promises';
import type { Timer } from '../base/within.ts';

/**
 * A timer in real time that holds the process: a program that awaits the end of its children must
 * not end before them.
 */
export function heldTimer(ms: number): Timer {
  return (expire) => {
    const waiting = new AbortController();
    delay(ms, undefined, { signal: waiting.signal }).then(expire, () => {});
    return () => waiting.abort();
  };
}
