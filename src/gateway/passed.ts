import { systemClock } from '../base/clock.ts';
import type { RuntimeEvents } from '../events/events.ts';
import { targetOf } from '../events/targetOf.ts';
import { kindOf, type Message } from '../wire/jsonrpc.ts';

/**
 * One message between a session's gateway and the server behind it: types and sizes only. `out` is
 * from the gateway to that server; `bytes` are 0 where the message never was text.
 */
export type Passed = Readonly<Omit<RuntimeEvents['message'], 'text'>>;

const listeners = new Set<(passed: Passed) => void>();

/** Hears of every message to and from the servers behind this process's gateways, until stopped. */
export function watchPassed(listener: (passed: Passed) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Tells the listeners of a message. Without listeners this costs one look at a set. */
export function passed(
  session: string,
  direction: 'in' | 'out',
  message: Message,
  bytes: number,
): void {
  if (listeners.size === 0) return;
  const at = systemClock.now();
  const target = 'method' in message ? () => targetOf(message) : undefined;
  const entry = { at, session, direction, ...kindOf(message), target, bytes };
  for (const listener of listeners) {
    try {
      listener(entry);
    } catch {
      // A listener that throws must not disturb the session it listens to.
    }
  }
}
