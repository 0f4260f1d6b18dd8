import type { ChannelEnd } from './channel.ts';

/** How a WebSocket is closed: a code of RFC 6455 or of its private range, and a fixed sentence. */
export interface CloseCode {
  readonly code: number;
  readonly reason: string;
}

/**
 * Every way this side closes a WebSocket and when. Faults of the WebSocket protocol itself are
 * closed with the code RFC 6455 gives them: 1002 for a bad frame, 1007 for text that is not UTF-8,
 * 1008 for too many fragments, 1009 for a message over `maxBodyBytes`.
 */
export const CLOSE_CODES = {
  /** The server, or `session.close()`, ended the session. */
  terminated: { code: 1000, reason: 'Session ended' },
  /** `drain()` or `close()` was called, of the runtime or of the door. */
  drained: { code: 1001, reason: 'Shutting down' },
  /** `drain()` or `close()` was called before there was a session. */
  draining: { code: 1001, reason: 'Shutting down' },
  /** The line broke: the client does not read this. */
  disconnected: { code: 1001, reason: 'Disconnected' },
  /** The client sent a binary frame. */
  'binary-frame': { code: 1003, reason: 'Text only' },
  /** The client left too much unread: `maxUnreadBytes`, or its part of what all may leave. */
  'too-slow': { code: 1008, reason: 'Too much unread' },
  /** The principal lost its right to the session. */
  revoked: { code: 1008, reason: 'Revoked' },
  /** The session's server crashed. */
  crashed: { code: 1011, reason: 'Internal error' },
  /** The session made room for another one. */
  capacity: { code: 1013, reason: 'At capacity' },
  /** A cap was reached between the upgrade and `initialize`. */
  'at-capacity': { code: 1013, reason: 'At capacity' },
  /** The caller's own part was used between the upgrade and `initialize`. */
  'quota-reached': { code: 1013, reason: 'Quota reached' },
  /** The event loop fell behind between the upgrade and `initialize`. */
  overloaded: { code: 1013, reason: 'Overloaded' },
  /** No `initialize`, or nothing after its answer, within `handshakeTimeoutMs`. */
  'handshake-timeout': { code: 4408, reason: 'Handshake timeout' },
  /** Another line took the session over. */
  replaced: { code: 4409, reason: 'Replaced' },
  /** The session was idle for too long. */
  expired: { code: 4410, reason: 'Session expired' },
} as const satisfies Record<ChannelEnd | 'binary-frame', CloseCode>;
