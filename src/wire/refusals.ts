import type { RequestId, ResponseMessage, RpcError } from './jsonrpc.ts';
import { SESSION_REVISIONS } from './versions.ts';

/** How one kind of request is refused: a fixed text, with nothing of the request in it. */
export interface Refusal {
  readonly status: number;
  readonly rpcCode: number;
  readonly message: string;
  readonly headers?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Makes a row of {@link REFUSALS}: HTTP status, JSON-RPC code, text. */
function refuse(
  status: number,
  rpcCode: number,
  message: string,
  more?: Pick<Refusal, 'headers' | 'data'>,
): Refusal {
  return { status, rpcCode, message, ...more };
}

/** Every refusal of the wire and when it is used. The keys are the codes of `docs/errors.md`. */
export const REFUSALS = {
  /** `Host` is not an allowed host (T1). */
  'host-forbidden': refuse(403, -32000, 'Host not allowed'),
  /** `Origin` is not an allowed origin (T1). */
  'origin-forbidden': refuse(403, -32000, 'Origin not allowed'),
  /** The host's `authenticate` refused the caller. */
  unauthorized: refuse(401, -32000, 'Unauthorized', { headers: ['WWW-Authenticate', 'Bearer'] }),
  /** The method is neither GET, POST nor, where it is on, DELETE (T2). */
  'method-not-allowed': refuse(405, -32000, 'Method not allowed'),
  /** `Accept` leaves out the media type of the answer (P1, G1). */
  'not-acceptable': refuse(406, -32000, 'Not acceptable'),
  /** The body is not `application/json` (P2). */
  'unsupported-media-type': refuse(415, -32000, 'Unsupported media type'),
  /** The body has a content coding, as gzip, and nothing in front has undone it. */
  'body-encoded': refuse(415, -32000, 'Unsupported content coding', {
    headers: ['Accept-Encoding', 'identity'],
  }),
  /** The body has more than `maxBodyBytes`, declared or counted (P3). */
  'body-too-large': refuse(413, -32000, 'Body too large'),
  /** The body did not arrive whole. */
  'body-incomplete': refuse(400, -32700, 'Parse error'),
  /** The body has more than `maxDepth` nested values. */
  'body-too-deep': refuse(400, -32600, 'Body too deep'),
  /** The body has more than `maxElements` values. */
  'body-too-many-elements': refuse(400, -32600, 'Body has too many elements'),
  /** The body is not JSON (P7). */
  'parse-error': refuse(400, -32700, 'Parse error'),
  /** The body is not a JSON-RPC message of MCP (P7). */
  'invalid-request': refuse(400, -32600, 'Invalid request'),
  /** The body is a batch, and the revision has none (P4). */
  'batch-not-allowed': refuse(400, -32600, 'Batches are not allowed'),
  /** The request has the id of another that is still in flight (P8). */
  'duplicate-request-id': refuse(400, -32600, 'A request with this id is in flight'),
  /** `initialize` came on a live session (S6). */
  'already-initialized': refuse(400, -32600, 'Session already initialized'),
  /** A message other than `initialize` came first on a channel. */
  'not-initialized': refuse(400, -32600, 'Initialize first'),
  /** `Mcp-Session-Id` is missing on a message other than `initialize` (S2). */
  'session-missing': refuse(400, -32000, 'Mcp-Session-Id header is required'),
  /** The session is unknown, ended or another principal's: the same bytes for all (S3, S7). */
  'session-not-found': refuse(404, -32001, 'Session not found'),
  /** The revision is not supported (V1, M3). */
  'version-unsupported': refuse(400, -32022, 'Unsupported protocol version', {
    data: { supported: SESSION_REVISIONS },
  }),
  /** A header says something else than the body, as the stateless revision compares them (M2). */
  'header-mismatch': refuse(400, -32020, 'Headers and body disagree'),
  /** A header that the stateless revision requires is missing (M2). */
  'header-missing': refuse(400, -32020, 'Required header is missing'),
  /** `_meta` lacks what each request of the stateless revision carries, or has it wrong (M1). */
  'envelope-invalid': refuse(400, -32602, 'Invalid request envelope'),
  /** The stateless revision has no such method, or nobody serves it (M4). */
  'method-unknown': refuse(404, -32601, 'Method not found'),
  /** The params of a request of the stateless revision are not what its method takes. */
  'params-invalid': refuse(200, -32602, 'Invalid params'),
  /** The client does not declare what it would need for the call (M4). */
  'capability-missing': refuse(400, -32021, 'Missing required client capability'),
  /** A `requestState` that is forged, another's, of another call, or used already (M6). */
  'request-state-invalid': refuse(200, -32602, 'Invalid or expired requestState'),
  /** A call waited too long for its client, or its process is gone; what it did is unknown (M6). */
  'call-lost': refuse(200, -32603, 'The call is lost: begin it anew'),
  /** A cap on calls that wait for their clients is reached (M6). */
  'too-many-parked': refuse(200, -32000, 'Too many calls wait for an answer: try again later'),
  /** The task is unknown, over or another principal's: the same bytes for all (K1). */
  'task-unknown': refuse(200, -32602, 'Unknown task'),
  /** `Last-Event-ID` names no event that is still kept (R2). */
  'event-unknown': refuse(400, -32000, 'Unknown event id'),
  /** The GET stream is open, and was taken over again and again (G3). */
  'stream-taken': refuse(409, -32000, 'The GET stream is open already'),
  /** The caller is authenticated, but by nothing a session can be bound to. */
  'principal-missing': refuse(403, -32000, 'No principal'),
  /** A cap on sessions is reached, and no session may be evicted for a new one. */
  'at-capacity': refuse(503, -32000, 'At capacity', { headers: ['Retry-After', '5'] }),
  /** The event loop is late by more than `maxLoopDelayMs`: there is no time for a new session. */
  overloaded: refuse(503, -32000, 'Overloaded', { headers: ['Retry-After', '5'] }),
  /** The caller's own part of the sessions is used: `maxSessionsPerPrincipal` and its like. */
  'quota-reached': refuse(429, -32000, 'Quota reached', { headers: ['Retry-After', '5'] }),
  /** `drain()` or `close()` was called. */
  draining: refuse(503, -32000, 'Shutting down', { headers: ['Retry-After', '1'] }),
  /** The session store did not answer, so whether there is such a session is unknown. */
  'store-unavailable': refuse(503, -32000, 'Session store unavailable', {
    headers: ['Retry-After', '1'],
  }),
  /** Too many bytes of bodies are on their way to the session, or to all sessions. */
  'upload-refused': refuse(503, -32000, 'Too many uploads', { headers: ['Retry-After', '1'] }),
  /** More than `maxInFlight` requests, or a full stash or queue: answered as JSON-RPC. */
  'session-busy': refuse(200, -32000, 'Too many requests in flight'),
  /** More calls within a minute than `maxCallsPerMinute`: answered as JSON-RPC. */
  'rate-limited': refuse(200, -32000, 'Too many calls'),
  /** The session ended before the answer. */
  'session-ended': refuse(200, -32000, 'Session ended'),
  /** The session's server crashed before the answer. */
  'session-crashed': refuse(200, -32603, 'Internal error'),
  /** The process ended before the answer, and the session goes on in another one. */
  'session-restarted': refuse(200, -32603, 'Server restarted'),
  /** The session goes on in another process, and what became of the request is not known. */
  'session-moved': refuse(200, -32603, 'The session moved before the answer'),
  /** What the call made of its session has no room in a store that several processes have. */
  'state-too-large': refuse(200, -32603, 'The state of the session is too large'),
  /** The session ended one process after the other: for a while, none takes the session. */
  'session-quarantined': refuse(503, -32000, 'Session quarantined', {
    headers: ['Retry-After', '5'],
  }),
  /** The session's server lives elsewhere and could not be started or reached. */
  'server-unavailable': refuse(200, -32603, 'The server of this session could not be started'),
  /** The session's server lives elsewhere and gave no answer that could be passed on. */
  'server-unanswered': refuse(200, -32603, 'The server did not answer'),
  /** This library or user code failed: never a stack, never a detail. */
  'internal-error': refuse(500, -32603, 'Internal error'),
} satisfies Record<string, Refusal>;

export type RefusalCode = keyof typeof REFUSALS;

/** Makes the JSON-RPC answer that refuses a request. */
export function refusal(
  code: RefusalCode,
  id: RequestId,
  data?: Readonly<Record<string, unknown>>,
): ResponseMessage {
  return { jsonrpc: '2.0', id, error: errorOf(code, data) };
}

/** Makes the HTTP body that refuses a request. */
export function refusalBody(
  code: RefusalCode,
  id: RequestId | null = null,
  data?: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: errorOf(code, data) });
}

function errorOf(code: RefusalCode, data?: Readonly<Record<string, unknown>>): RpcError {
  const { rpcCode, message, data: known }: Refusal = REFUSALS[code];
  return { code: rpcCode, message, data: { code, ...known, ...data } };
}
