import type { Forwarded } from '../directory/whereabouts.ts';
import { type BodyLimits, readBody } from '../wire/body.ts';
import { header } from '../wire/headers.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { jsonOf } from '../wire/verbatim.ts';
import type { Asked } from './asking.ts';
import type { ExchangeId, FrameOf } from './frame.ts';

type Request = FrameOf<'req'>;

/** What a frame holds of a request of a client. */
type Content = Pick<Request, 'method' | 'headers' | 'url' | 'principal' | 'authInfo' | 'body'>;

/** Whoever has begun a request knows what it was. */
const NOTHING = {
  headers: {},
  url: undefined,
  principal: undefined,
  authInfo: undefined,
  body: undefined,
};

/** Most that the headers of a request take in a frame, in characters. */
const MAX_HEADERS = 16 * 1024;
/** Headers of one connection, or of a body that has come (RFC 9110, 7.6.1). */
const OF_THE_LINE = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** What a session reads: never left out. */
const NEEDED = [
  'accept',
  'content-type',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
];

/** On what terms an owner may begin. */
export interface Terms {
  /** The session may be claimed where it is nobody's. */
  readonly takes: boolean;
  /** The session may come to whoever asks, should it be nobody's. */
  readonly hasRoom: boolean;
  /** Not after this time, in milliseconds since the epoch by the engine's clock. */
  readonly until: number;
}

/**
 * Asks an owner to serve a request; without terms, what became of one that the owner has begun. Headers
 * past 16 KiB are left out, but for those that a session reads.
 */
export function requestFrame(
  { session, space, request }: Asked,
  id: ExchangeId,
  isSure: boolean,
  terms: Terms | undefined,
): Request {
  const { method } = request.origin.head;
  const isHeard = terms === undefined;
  const given = terms ?? { takes: false, hasRoom: false, until: 0 };
  const content = isHeard ? { ...NOTHING, method } : contentOf(request);
  return { type: 'req', id, session, space, ...content, isSure, isHeard, ...given };
}

function contentOf({ origin, principal, parcel }: Forwarded): Content {
  const { head, authInfo, url } = origin;
  const bodies = parcel?.messages.map((message) => jsonOf(message)) ?? [];
  const body = parcel?.isBatch === true ? `[${bodies.join(',')}]` : bodies[0];
  return {
    method: head.method,
    headers: headersOf(head),
    url: url?.href ?? head.url,
    principal,
    authInfo,
    body,
  };
}

/** The request that a frame holds. */
export function requestOf(frame: Request, limits: BodyLimits): Forwarded | RefusalCode {
  const { method, headers, url, principal, authInfo, body } = frame;
  const parcel = body === undefined ? undefined : readBody({ text: body }, limits);
  if (typeof parcel === 'string') return parcel;
  const isWhole = url !== undefined && URL.canParse(url);
  const whole = isWhole ? new URL(url) : undefined;
  const target = whole === undefined ? url : `${whole.pathname}${whole.search}`;
  return {
    origin: { head: { method, headers, url: target }, authInfo, url: whole },
    principal,
    parcel,
  };
}

/** The request with which a client would go on with a stream. */
export function resumptionOf({ origin, principal }: Forwarded, lastEventId: string): Forwarded {
  const { head, authInfo, url } = origin;
  const headers = {
    ...head.headers,
    accept: 'text/event-stream',
    'content-type': undefined,
    'content-length': undefined,
    'last-event-id': lastEventId,
  };
  return {
    origin: { head: { ...head, method: 'GET', headers }, authInfo, url },
    principal,
    parcel: undefined,
  };
}

function headersOf(head: Forwarded['origin']['head']): Record<string, string> {
  const headers: Record<string, string> = {};
  let room = MAX_HEADERS;
  const put = (name: string): void => {
    const value = header(head, name);
    if (value === undefined || name in headers) return;
    room -= name.length + value.length;
    if (room >= 0) headers[name] = value;
  };
  for (const name of NEEDED) put(name);
  for (const name of Object.keys(head.headers)) if (!OF_THE_LINE.has(name)) put(name);
  return headers;
}
