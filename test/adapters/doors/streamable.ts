import { StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { authInfoOf, type OpenDoor } from './door.ts';

/** Client transports for Streamable HTTP; the user travels as a header. */
export function streamable(
  url: string,
  fetch?: typeof globalThis.fetch,
): Pick<OpenDoor, 'v1' | 'v2'> {
  const options = (user: string | undefined) => ({ ...headersFor(user), ...(fetch && { fetch }) });
  return {
    v1: (user) => new TransportV1(new URL(url), options(user)),
    v2: (user) => new TransportV2(new URL(url), options(user)),
  };
}

/** What a transport sends along with everything. */
export function headersFor(user: string | undefined): { requestInit: RequestInit } {
  return { requestInit: { headers: user === undefined ? {} : { 'x-user': user } } };
}

/** The user of a request that came that way. */
export function authInfoFrom(headers: Readonly<Record<string, unknown>>): AuthInfo | undefined {
  const user = headers['x-user'];
  return typeof user === 'string' ? authInfoOf(user) : undefined;
}
