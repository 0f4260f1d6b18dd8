import { systemClock } from '../base/clock.ts';
import { isRequest, isResponse, type Message, type MessageKind } from '../wire/jsonrpc.ts';

/** One message between a session's gateway and the server behind it: types and sizes only. */
export interface Passed {
  readonly at: number;
  /** The key of the session. */
  readonly session: string;
  /** `out` is to the server behind. */
  readonly direction: 'in' | 'out';
  readonly kind: MessageKind;
  readonly method: string | undefined;
  /** Of the JSON text; 0 where it was never one. */
  readonly bytes: number;
}

const listeners = new Set<(passed: Passed) => void>();

/** Hears of every message to and from the servers behind all gateways of this process. */
export function watchPassed(listener: (passed: Passed) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Nobody watching costs one look at a set. */
export function passed(
  session: string,
  direction: 'in' | 'out',
  message: Message,
  bytes: number,
): void {
  if (listeners.size === 0) return;
  const kind = isResponse(message) ? 'response' : isRequest(message) ? 'request' : 'notification';
  const method = isResponse(message) ? undefined : message.method;
  const entry = { at: systemClock.now(), session, direction, kind, method, bytes } as const;
  for (const listener of listeners) {
    try {
      listener(entry);
    } catch {
      // Whoever watches must not disturb what is watched.
    }
  }
}
