import { systemClock } from '../base/clock.ts';
import { isRequest, isResponse, type Message, type MessageKind } from '../wire/jsonrpc.ts';

/** One message between a session's gateway and the server behind it: types and sizes only. */
export interface Passed {
  readonly at: number;
  /** The key of the session. */
  readonly session: string;
  /** `out` is from the gateway to the server behind it. */
  readonly direction: 'in' | 'out';
  readonly kind: MessageKind;
  readonly method: string | undefined;
  /** Bytes of the message's JSON text; 0 where the message never was text. */
  readonly bytes: number;
}

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
  const kind = isResponse(message) ? 'response' : isRequest(message) ? 'request' : 'notification';
  const method = isResponse(message) ? undefined : message.method;
  const entry = { at: systemClock.now(), session, direction, kind, method, bytes } as const;
  for (const listener of listeners) {
    try {
      listener(entry);
    } catch {
      // A listener that throws must not disturb the session it listens to.
    }
  }
}
