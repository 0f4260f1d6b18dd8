import type { Implementation } from '../wire/implementation.ts';
import { isObject, type RequestId, type ResponseMessage, type RpcError } from '../wire/jsonrpc.ts';
import type { Capabilities, Params } from './envelope.ts';
import { SERVER_INFO } from './envelope.ts';

/** How long results may be kept by their clients, where handlers do not say so themselves. */
export interface CacheHint {
  readonly ttlMs: number;
  readonly scope: 'public' | 'private';
}

/** What an answer is made with besides what the server behind said. */
export interface Dressing {
  /** The id of the request on the wire. */
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params | undefined;
  readonly serverInfo: Implementation | undefined;
  readonly cache: CacheHint;
  /** What the handler asked for and the client does not declare. */
  readonly missing: Capabilities | undefined;
}

/** An answer as it leaves. */
export interface Dressed {
  readonly status: number;
  readonly message: ResponseMessage;
}

/** Methods whose results say how long they may be kept. */
export const CACHEABLE: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'server/discover',
]);

const STATUS: ReadonlyMap<number, number> = new Map([
  [-32601, 404],
  [-32021, 400],
]);

/** Makes an answer of the session era one of the stateless revision. */
export function dress({ result, error }: ResponseMessage, dressing: Dressing): Dressed {
  const { id, missing } = dressing;
  const hasFailed = error !== undefined || result?.['isError'] === true;
  // A handler that copes without the client keeps its result.
  if (missing !== undefined && hasFailed) return capabilityMissing(id, missing);
  if (error !== undefined) {
    const said = errorFor(error, dressing);
    return { status: STATUS.get(said.code) ?? 200, message: { jsonrpc: '2.0', id, error: said } };
  }
  return {
    status: 200,
    message: { jsonrpc: '2.0', id, result: dressResult(result ?? {}, dressing) },
  };
}

/** Makes a result one of the stateless revision. What a handler set itself stays. */
export function dressResult(
  result: Params,
  { method, serverInfo, cache }: Pick<Dressing, 'method' | 'serverInfo' | 'cache'>,
): Params {
  const type = result['resultType'] ?? 'complete';
  const meta = result['_meta'];
  const own = isObject(meta) ? meta : {};
  const named = serverInfo === undefined ? own : { [SERVER_INFO]: serverInfo, ...own };
  const dressed = { ...result, resultType: type, _meta: named };
  if (type !== 'complete' || !CACHEABLE.has(method)) return dressed;
  return { ttlMs: cache.ttlMs, cacheScope: cache.scope, ...dressed };
}

/** The answer to a call whose handler needs more of its client than the client declares. */
export function capabilityMissing(id: RequestId, requiredCapabilities: Capabilities): Dressed {
  const error = {
    code: -32021,
    message: 'Missing required client capability',
    data: { code: 'capability-missing', requiredCapabilities },
  };
  return { status: 400, message: { jsonrpc: '2.0', id, error } };
}

/** Clients of this revision know a resource that is not there by `-32602` and `{ uri }`. */
function errorFor(error: RpcError, { method, params }: Dressing): RpcError {
  if (method !== 'resources/read') return error;
  const isUnknown =
    error.code === -32002 || (error.code === -32602 && /not found/i.test(error.message));
  if (!isUnknown) return error;
  return { code: -32602, message: error.message, data: { uri: params?.['uri'] } };
}
