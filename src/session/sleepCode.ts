import type { Session, Woken } from './session.ts';
import type { SessionSettings } from './world.ts';

/** The user code of what sleeps. */
export interface SleepCode {
  /** User code says how to sleep. */
  readonly saysHow: boolean;
  /** Says what is kept, as plain data; `false` refuses to sleep. */
  onSleep(): unknown;
  onWake(woken: Woken): unknown;
}

/** How a session falls asleep and wakes. */
export function sleepCodeOf(session: Session, { onSleep, onWake }: SessionSettings): SleepCode {
  return {
    saysHow: onSleep !== undefined,
    onSleep: () => onSleep?.(session),
    onWake: (woken) => onWake?.(session, woken),
  };
}
