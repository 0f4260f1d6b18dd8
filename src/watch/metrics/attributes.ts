import type { Attributes } from '@opentelemetry/api';
import type { Carrier, RequestBegan, RequestSettled } from '../../events/events.ts';
import { isSupported } from '../../wire/versions.ts';

/** Attribute names: those of the MCP conventions, then those of this library. */
export const METHOD = 'mcp.method.name';
export const VERSION = 'mcp.protocol.version';
export const ERROR_TYPE = 'error.type';
export const STATUS_CODE = 'rpc.response.status_code';
export const OPERATION = 'gen_ai.operation.name';
export const TOOL = 'gen_ai.tool.name';
export const PROMPT = 'gen_ai.prompt.name';
export const TRANSPORT = 'network.transport';
export const PROTOCOL = 'network.protocol.name';
export const STATE = 'mcp_actors.state';
export const REASON = 'mcp_actors.reason';
export const CODE = 'mcp_actors.code';
export const LIMIT = 'mcp_actors.limit';
export const CAUSE = 'mcp_actors.cause';
export const WORK = 'mcp_actors.work';
export const WHAT = 'mcp_actors.what';
export const KIND = 'mcp_actors.kind';
export const NODE_STATE = 'mcp_actors.node.state';
export const WHY = 'mcp_actors.why';
export const WAY = 'mcp_actors.way';
export const QUANTILE = 'mcp_actors.quantile';
/** For spans only: this attribute has one value for each session. */
export const SESSION = 'mcp_actors.session';

/** Stands for every value that is not in a closed set. */
export const OTHER = '_OTHER';

/** Requests a client may send, of every revision. Other methods are counted as {@link OTHER}. */
const METHODS: ReadonlySet<string> = new Set([
  'completion/complete',
  'initialize',
  'logging/setLevel',
  'ping',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'tasks/cancel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tools/call',
  'tools/list',
]);

/** The network attributes of a carrier, by the conventions; in memory there is no network. */
const NETWORKS: Readonly<Record<Carrier, Attributes>> = {
  http: { [TRANSPORT]: 'tcp', [PROTOCOL]: 'http' },
  websocket: { [TRANSPORT]: 'tcp', [PROTOCOL]: 'websocket' },
  sse: { [TRANSPORT]: 'tcp', [PROTOCOL]: 'http' },
  stdio: { [TRANSPORT]: 'pipe' },
  memory: {},
};

/** A method of MCP, or {@link OTHER}: a text that a client chose must not name a time series. */
export function methodOf(method: string): string {
  return METHODS.has(method) ? method : OTHER;
}

/** Attributes of a request that are known before its answer. */
export function requestAttributes(
  { method, protocolVersion, carrier }: RequestBegan | RequestSettled,
  target: string | undefined,
): Attributes {
  const attributes: Attributes = { [METHOD]: methodOf(method), ...NETWORKS[carrier] };
  if (protocolVersion !== undefined) {
    attributes[VERSION] = isSupported(protocolVersion) ? protocolVersion : OTHER;
  }
  if (method === 'tools/call') attributes[OPERATION] = 'execute_tool';
  if (target !== undefined) attributes[method === 'tools/call' ? TOOL : PROMPT] = target;
  return attributes;
}

/** Attributes of how a request failed; none where it was answered. */
export function failureAttributes({ outcome, errorCode }: RequestSettled): Attributes {
  if (outcome === 'answered') return {};
  if (outcome === 'failed') return { [ERROR_TYPE]: 'tool_error' };
  if (errorCode === undefined) return { [ERROR_TYPE]: outcome };
  const code = codeOf(errorCode);
  // The end of a session is told apart from a handler's answer with the same code.
  return { [ERROR_TYPE]: outcome === 'error' ? code : outcome, [STATUS_CODE]: code };
}

/** A code JSON-RPC defines or leaves to servers, or {@link OTHER}: handlers answer any number. */
function codeOf(code: number): string {
  const isDefined = code === -32700 || (code >= -32603 && code <= -32600);
  return isDefined || (code >= -32099 && code <= -32000) ? String(code) : OTHER;
}
