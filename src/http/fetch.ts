import type { AuthInfo } from '../wire/authInfo.ts';
import { isPromise } from '../base/awaitable.ts';
import { GatheredBytes } from '../base/gatheredBytes.ts';
import type { Body } from '../wire/body.ts';
import { header, isEncoded, type RequestHead } from '../wire/headers.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Endpoint } from './endpoint.ts';
import { bodyConsumed } from './bodyConsumed.ts';
import { FetchPort } from './fetchPort.ts';
import type { Gate } from './upload.ts';

/** What the host has found out about a request before the runtime serves it. */
export interface FetchContext {
  /** The caller, as the host has validated it; the runtime never reads it from headers. */
  readonly authInfo?: AuthInfo | undefined;
  /** The JSON body as a value, where the host's parser has consumed the request's own. */
  readonly parsedBody?: unknown;
}

/** A byte order mark is kept and fails as JSON, as in the other adapters. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Serves one web-standard request. The promise resolves, whatever goes wrong. */
export function handleFetch(
  endpoint: Endpoint,
  request: Request,
  context: FetchContext = {},
): Promise<Response> {
  try {
    return serve(endpoint, request, context);
  } catch (error) {
    const port = new FetchPort(undefined, []);
    endpoint.refuse(port, endpoint.failed(error));
    return port.response;
  }
}

function serve(
  endpoint: Endpoint,
  request: Request,
  { authInfo, parsedBody }: FetchContext,
): Promise<Response> {
  const head: RequestHead = {
    method: request.method,
    headers: Object.fromEntries(request.headers),
    host: hostOf(request.url),
  };
  const port = new FetchPort(request.signal, endpoint.screen.cors(head));
  const origin = {
    head,
    authInfo,
    request,
    get url() {
      return URL.canParse(request.url) ? new URL(request.url) : undefined;
    },
  };
  endpoint.serve(origin, port, {
    read(gate, take) {
      if (parsedBody !== undefined) take({ parsed: parsedBody });
      else {
        if (isEncoded(header(head, 'content-encoding'))) return take('body-encoded');
        if (request.bodyUsed || request.body?.locked === true) throw bodyConsumed();
        readText(request, gate)
          .then(take)
          .catch((error: unknown) => endpoint.refuse(port, endpoint.failed(error)));
        // A host need not break off the body of a client that has left.
        port.whenGone(() => gate.onCut?.('body-incomplete'));
      }
    },
    discard() {},
  });
  return port.response;
}

async function readText(request: Request, gate: Gate): Promise<Body | RefusalCode> {
  if (request.body === null) return { text: '' };
  const reader = request.body.getReader();
  const body = new GatheredBytes();
  let refused: RefusalCode | undefined;
  const stop = (code: RefusalCode): void => {
    refused = code;
    reader.cancel().catch(() => {});
  };
  gate.onCut = stop;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (refused !== undefined) return refused;
      if (done) return { text: decoder.decode(body.take()) };
      body.add(value);
      const verdict = gate.grew(value.byteLength);
      const code = isPromise(verdict) ? await verdict : verdict;
      if (code !== undefined) stop(code);
      if (refused !== undefined) return refused;
    }
  } catch {
    return 'body-incomplete';
  }
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
