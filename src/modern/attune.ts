import { contextNow } from '../session/context.ts';
import { isQuestion } from './capabilities.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The public methods of the SDK's `Server`, v1 or v2, that must answer for the call at hand. */
interface Asking {
  request?: Method;
  getClientCapabilities?: Method;
  getClientVersion?: Method;
}

/**
 * Prepares a server that serves many clients, one call each: what the server says of its client is
 * said for the call at hand, and a question waits for as long as the call is parked, where its
 * author names no other time.
 */
export function attune(server: object, parkMs: number): void {
  const inner = innerOf(server);
  if (inner === undefined) return;
  const { request, getClientCapabilities, getClientVersion } = inner;
  if (request !== undefined) {
    inner.request = function (this: unknown, ...args) {
      return request.apply(this, isOfCall(args[0]) ? withTimeout(args, parkMs) : args);
    };
  }
  if (getClientCapabilities !== undefined) {
    inner.getClientCapabilities = function (this: unknown) {
      return contextNow()?.call?.clientCapabilities ?? getClientCapabilities.call(this);
    };
  }
  if (getClientVersion !== undefined) {
    inner.getClientVersion = function (this: unknown) {
      const call = contextNow()?.call;
      return call === undefined ? getClientVersion.call(this) : call.clientInfo;
    };
  }
}

/** The low-level server in a high-level one; `undefined` where there is nothing of the SDK. */
export function innerOf(server: object): Asking | undefined {
  const { request } = server as Asking;
  if (typeof request === 'function') return server;
  const { server: inner } = server as { readonly server?: Asking };
  return typeof inner?.request === 'function' ? inner : undefined;
}

function isOfCall(message: unknown): boolean {
  const { method } = (message ?? {}) as { readonly method?: unknown };
  return typeof method === 'string' && isQuestion(method) && contextNow()?.call !== undefined;
}

/** The arguments of `request` with a timeout in its options: the last argument, if any. */
function withTimeout(args: readonly unknown[], timeout: number): unknown[] {
  const last = args.at(-1);
  if (args.length > 1 && last === undefined) return [...args.slice(0, -1), { timeout }];
  if (args.length > 1 && isOptions(last)) return [...args.slice(0, -1), { timeout, ...last }];
  return [...args, { timeout }];
}

/** Whether a value is options and no schema of zod or of another library. */
function isOptions(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !('~standard' in value) && !('_zod' in value) && !('safeParse' in value);
}
