import type { RequestId, ResponseMessage } from './jsonrpc.ts';
import { SESSION_REVISIONS } from './versions.ts';

/** How one kind of request is refused: a fixed text, with nothing of the request in it. */
export interface Refusal {
  readonly status: number;
  readonly rpcCode: number;
  readonly message: string;
  readonly headers?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Every refusal of the wire and when it is used. The keys are the codes of `docs/errors.md`. */
export const REFUSALS = {
  /** `Host` is not an allowed host (T1). */
  'host-forbidden': { status: 403, rpcCode: -32000, message: 'Host not allowed' },
  /** `Origin` is not an allowed origin (T1). */
  'origin-forbidden': { status: 403, rpcCode: -32000, message: 'Origin not allowed' },
  /** The host's `authenticate` refused the caller. */
  unauthorized: {
    status: 401,
    rpcCode: -32000,
    message: 'Unauthorized',
    headers: ['WWW-Authenticate', 'Bearer'],
  },
  /** The method is neither GET, POST nor, where it is on, DELETE (T2). */
  'method-not-allowed': { status: 405, rpcCode: -32000, message: 'Method not allowed' },
  /** `Accept` leaves out the media type of the answer (P1, G1). */
  'not-acceptable': { status: 406, rpcCode: -32000, message: 'Not acceptable' },
  /** The body is not `application/json` (P2). */
  'unsupported-media-type': { status: 415, rpcCode: -32000, message: 'Unsupported media type' },
  /** The body has more than `maxBodyBytes`, declared or counted (P3). */
  'body-too-large': {
    status: 413,
    rpcCode: -32000,
    message: 'Body too large',
    headers: ['Connection', 'close'],
  },
  /** The body did not arrive whole. */
  'body-incomplete': { status: 400, rpcCode: -32700, message: 'Parse error' },
  /** The body has more than `maxDepth` nested values. */
  'body-too-deep': { status: 400, rpcCode: -32600, message: 'Body too deep' },
  /** The body has more than `maxElements` values. */
  'body-too-many-elements': { status: 400, rpcCode: -32600, message: 'Body has too many elements' },
  /** The body is not JSON (P7). */
  'parse-error': { status: 400, rpcCode: -32700, message: 'Parse error' },
  /** The body is not a JSON-RPC message of MCP (P7). */
  'invalid-request': { status: 400, rpcCode: -32600, message: 'Invalid request' },
  /** The body is a batch, and the revision has none (P4). */
  'batch-not-allowed': { status: 400, rpcCode: -32600, message: 'Batches are not allowed' },
  /** The request has the id of another that is still in flight (P8). */
  'duplicate-request-id': {
    status: 400,
    rpcCode: -32600,
    message: 'A request with this id is in flight',
  },
  /** `initialize` came on a live session (S6). */
  'already-initialized': { status: 400, rpcCode: -32600, message: 'Session already initialized' },
  /** A message other than `initialize` came first on a channel. */
  'not-initialized': { status: 400, rpcCode: -32600, message: 'Initialize first' },
  /** `Mcp-Session-Id` is missing on a message other than `initialize` (S2). */
  'session-missing': { status: 400, rpcCode: -32000, message: 'Mcp-Session-Id header is required' },
  /** The session is unknown, ended or another principal's: the same bytes for all (S3, S7). */
  'session-not-found': { status: 404, rpcCode: -32001, message: 'Session not found' },
  /** The revision is not supported (V1, M3). */
  'version-unsupported': {
    status: 400,
    rpcCode: -32022,
    message: 'Unsupported protocol version',
    data: { supported: SESSION_REVISIONS },
  },
  /** `Last-Event-ID` names no event that is still kept (R2). */
  'event-unknown': { status: 400, rpcCode: -32000, message: 'Unknown event id' },
  /** The caller is authenticated, but by nothing a session can be bound to. */
  'principal-missing': { status: 403, rpcCode: -32000, message: 'No principal' },
  /** A cap on sessions is reached, and no session may be evicted for a new one. */
  'at-capacity': {
    status: 503,
    rpcCode: -32000,
    message: 'At capacity',
    headers: ['Retry-After', '5'],
  },
  /** `drain()` or `close()` was called. */
  draining: {
    status: 503,
    rpcCode: -32000,
    message: 'Shutting down',
    headers: ['Retry-After', '1'],
  },
  /** The session store did not answer, so whether there is such a session is unknown. */
  'store-unavailable': {
    status: 503,
    rpcCode: -32000,
    message: 'Session store unavailable',
    headers: ['Retry-After', '1'],
  },
  /** More than `maxInFlight` requests, or a full stash or queue: answered as JSON-RPC. */
  'session-busy': { status: 200, rpcCode: -32000, message: 'Too many requests in flight' },
  /** The session ended before the answer. */
  'session-ended': { status: 200, rpcCode: -32000, message: 'Session ended' },
  /** The session's server crashed before the answer. */
  'session-crashed': { status: 200, rpcCode: -32603, message: 'Internal error' },
  /** The process ended before the answer, and the session goes on in another one. */
  'session-restarted': { status: 200, rpcCode: -32603, message: 'Server restarted' },
  /** The session's server lives elsewhere and could not be started or reached. */
  'server-unavailable': {
    status: 200,
    rpcCode: -32603,
    message: 'The server of this session could not be started',
  },
  /** The session's server lives elsewhere and gave no answer that could be passed on. */
  'server-unanswered': { status: 200, rpcCode: -32603, message: 'The server did not answer' },
  /** This library or user code failed: never a stack, never a detail. */
  'internal-error': { status: 500, rpcCode: -32603, message: 'Internal error' },
} as const satisfies Record<string, Refusal>;

export type RefusalCode = keyof typeof REFUSALS;

/** Makes the JSON-RPC answer that refuses a request. */
export function refusal(code: RefusalCode, id: RequestId): ResponseMessage {
  return { jsonrpc: '2.0', id, error: errorOf(code) };
}

/** Makes the HTTP body that refuses a request. */
export function refusalBody(
  code: RefusalCode,
  id: RequestId | null = null,
  data?: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: errorOf(code, data) });
}

function errorOf(
  code: RefusalCode,
  data?: Readonly<Record<string, unknown>>,
): NonNullable<ResponseMessage['error']> {
  const { rpcCode, message, data: known }: Refusal = REFUSALS[code];
  return { code: rpcCode, message, data: { code, ...known, ...data } };
}
