import type { Forwarded } from '../../src/directory/whereabouts.ts';
import { readBody } from '../../src/wire/body.ts';

/** A POST of messages, as an ingress hands it on. */
export function post(body: unknown, headers: Record<string, string> = {}): Forwarded {
  const parcel = readBody({ text: JSON.stringify(body) }, { maxDepth: 64, maxElements: 1000 });
  if (typeof parcel === 'string') throw new Error(parcel);
  return { ...requestOf('POST', headers), parcel };
}

/** A call of a tool, which must not be made twice. */
export function call(id: string | number): Forwarded {
  return post({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: String(id) } });
}

/** A request that only reads. */
export function list(id: string | number): Forwarded {
  return post({ jsonrpc: '2.0', id, method: 'tools/list' });
}

/** A GET or a DELETE. */
export function bodiless(method: string, headers: Record<string, string> = {}): Forwarded {
  return { ...requestOf(method, headers), parcel: undefined };
}

function requestOf(method: string, more: Record<string, string>): Omit<Forwarded, 'parcel'> {
  const headers = { accept: 'application/json, text/event-stream', 'mcp-session-id': 's', ...more };
  return { origin: { head: { method, headers }, authInfo: undefined }, principal: 'ann' };
}
