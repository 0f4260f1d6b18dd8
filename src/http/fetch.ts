import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Endpoint } from './endpoint.ts';
import type { RequestHead } from '../wire/headers.ts';
import { FetchPort } from './fetchPort.ts';

/** What the host has found out about a request before the runtime serves it. */
export interface FetchContext {
  /** The caller, as the host has validated it; the runtime never reads it from headers. */
  readonly authInfo?: AuthInfo | undefined;
  /** The JSON body as a value, where the host's parser has consumed the request's own. */
  readonly parsedBody?: unknown;
}

/** Serves one web-standard request. */
export function handleFetch(
  endpoint: Endpoint,
  request: Request,
  { authInfo, parsedBody }: FetchContext = {},
): Promise<Response> {
  const head: RequestHead = {
    method: request.method,
    headers: Object.fromEntries(request.headers),
    host: hostOf(request.url),
  };
  const port = new FetchPort(request.signal, endpoint.screen.cors(head));
  endpoint.serve({ head, authInfo, request }, port, {
    read(maxBytes, take) {
      if (parsedBody !== undefined) take({ parsed: parsedBody });
      else {
        readText(request, maxBytes)
          .then(take)
          .catch((error: unknown) => endpoint.refuse(port, endpoint.failed(error)));
      }
    },
    discard() {},
  });
  return port.response;
}

async function readText(
  request: Request,
  maxBytes: number,
): Promise<{ text: string } | 'body-too-large' | 'body-incomplete'> {
  if (request.body === null) return { text: '' };
  const reader = request.body.getReader();
  // A byte order mark is kept and fails as JSON, as in the other adapters.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { text: text + decoder.decode() };
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        await reader.cancel();
        return 'body-too-large';
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return 'body-incomplete';
  }
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
