/** JSON-RPC 2.0 as MCP narrows it: named params, string or integer ids, no null ids. */

export type RequestId = string | number;

export interface RequestMessage {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params?: { readonly [key: string]: unknown };
}

export type NotificationMessage = Omit<RequestMessage, 'id'>;

export interface ResponseMessage {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly result?: { readonly [key: string]: unknown };
  readonly error?: RpcError;
}

/** Why a request has no result. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage;
export type MessageKind = 'request' | 'notification' | 'response';

/** Longest id and method name admitted, in characters: both are kept while a request is in flight. */
export const MAX_NAME_LENGTH = 256;

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/**
 * Reads a parsed value as a message; `undefined` where it is none.
 *
 * At least as strict as the SDK's own schemas: a message they refuse would be dropped inside the
 * server without an answer, and its caller would wait for ever. Members that JSON-RPC does not know
 * are left out, because the SDK's schemas take none.
 */
export function readMessage(value: unknown): Message | undefined {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return undefined;
  return value['method'] === undefined ? readResponse(value) : readAsk(value);
}

function readAsk(value: Record<string, unknown>): Message | undefined {
  const { method, id, params } = value;
  if (typeof method !== 'string' || method.length === 0 || method.length > MAX_NAME_LENGTH) {
    return undefined;
  }
  if (params !== undefined && !hasMeta(params)) return undefined;
  const hasId = 'id' in value;
  if (hasId && !isRequestId(id)) return undefined;
  const members = 2 + Number(hasId) + Number('params' in value);
  if (Object.keys(value).length === members) return value as unknown as Message;
  const clean = hasId ? { jsonrpc: '2.0', id, method } : { jsonrpc: '2.0', method };
  return (params === undefined ? clean : { ...clean, params }) as Message;
}

function readResponse(value: Record<string, unknown>): Message | undefined {
  const { id, result, error } = value;
  if (!isRequestId(id)) return undefined;
  if (result !== undefined) {
    return error === undefined && hasMeta(result)
      ? ({ jsonrpc: '2.0', id, result } as Message)
      : undefined;
  }
  if (!isObject(error)) return undefined;
  const { code, message, data } = error;
  if (!Number.isSafeInteger(code) || typeof message !== 'string') return undefined;
  return { jsonrpc: '2.0', id, error: { code, message, data } } as Message;
}

export function isRequest(message: Message): message is RequestMessage {
  return 'method' in message && 'id' in message;
}

/** Says something of what is under way: an answer to a question, progress, or a cancel. */
export function isFollowUp(message: Message): boolean {
  if (isResponse(message)) return true;
  const { method } = message;
  return method === 'notifications/cancelled' || method === 'notifications/progress';
}

export function isResponse(message: Message): message is ResponseMessage {
  return !('method' in message);
}

/** The type of a message, which holds nothing of its content. */
export function kindOf(message: Message): { kind: MessageKind; method: string | undefined } {
  if (isResponse(message)) return { kind: 'response', method: undefined };
  return { kind: isRequest(message) ? 'request' : 'notification', method: message.method };
}

export function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' ? id.length <= MAX_NAME_LENGTH : Number.isSafeInteger(id);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether params or a result are an object, and what they have as `_meta` is as MCP wants it. */
function hasMeta(value: unknown): boolean {
  if (!isObject(value)) return false;
  const meta = value['_meta'];
  if (meta === undefined) return true;
  if (!isObject(meta)) return false;
  const token = meta['progressToken'];
  if (token !== undefined && !isRequestId(token)) return false;
  const task = meta[RELATED_TASK];
  return task === undefined || (isObject(task) && typeof task['taskId'] === 'string');
}
