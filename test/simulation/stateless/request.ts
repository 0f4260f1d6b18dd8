import { STATELESS_REVISION } from '../../../src/wire/versions.ts';

type Params = Readonly<Record<string, unknown>>;

/** What a request of the stateless revision is for, as the simulated client sends it. */
export interface StatelessRequest {
  readonly user: string;
  /** The call, stream or question about a task that its response may speak of. */
  readonly nonce: number;
  /** Whose answers may come: what the client expects the request to belong to. */
  readonly home: string;
  readonly method: string;
  readonly params: Params;
  readonly capabilities: Params;
  readonly prefersStream?: boolean;
  /** What the option `scope` goes by where it is a function. */
  readonly room?: string | undefined;
  /** The body comes in so many parts. */
  readonly parts?: number;
  /** Names a session all the same: the revision has none. */
  readonly sid?: string | undefined;
}

const PREFIX = 'io.modelcontextprotocol/';
const NAMED = ['name', 'uri', 'taskId'] as const;
/** The id of the stream that a notification belongs to, in its `_meta`. */
export const SUBSCRIPTION = `${PREFIX}subscriptionId`;

/** A request as its client sends it. The headers `X-…` tell the simulator whose it is. */
export function partsOf(request: StatelessRequest): string[] {
  const { user, nonce, home, method, params, capabilities, room, sid, parts = 1 } = request;
  const _meta = {
    [`${PREFIX}protocolVersion`]: STATELESS_REVISION,
    [`${PREFIX}clientCapabilities`]: capabilities,
    [`${PREFIX}clientInfo`]: { name: user, version: '1' },
    [`${PREFIX}logLevel`]: 'info',
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: nonce, method, params: { ...params, _meta } });
  const { session } = (params['arguments'] ?? {}) as { readonly session?: string };
  const headers: Readonly<Record<string, string | number | undefined>> = {
    Host: 'localhost',
    Accept: request.prefersStream === true ? STREAM_FIRST : JSON_FIRST,
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Mcp-Protocol-Version': STATELESS_REVISION,
    'Mcp-Method': method,
    'Mcp-Name': NAMED.map((key) => params[key] as string | undefined).find(Boolean),
    'Mcp-Param-Session': session,
    'Mcp-Session-Id': sid,
    'X-User': user === 'nobody' ? undefined : user,
    'X-Call': nonce,
    'X-Home': home,
    'X-Task': params['taskId'] as string | undefined,
    'X-Room': room,
  };
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const head = given.map(([name, value]) => `${name}: ${value}`);
  const text = `POST /mcp HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`;
  if (parts === 1) return [text + body];
  const size = Math.ceil(body.length / parts);
  return [text, ...Array.from({ length: parts }, (_, i) => body.slice(i * size, (i + 1) * size))];
}

const JSON_FIRST = 'application/json, text/event-stream';
const STREAM_FIRST = 'text/event-stream, application/json';
