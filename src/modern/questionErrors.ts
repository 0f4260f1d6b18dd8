import type { RpcError } from '../wire/jsonrpc.ts';
import { REFUSALS } from '../wire/refusals.ts';
import type { Params } from './envelope.ts';

/** What a handler gets instead of an answer to its question. */
export function errorOf(
  code: 'capability-missing' | 'too-many-parked' | 'call-lost' | 'internal-error',
  data?: Params,
): RpcError {
  const { rpcCode, message } = REFUSALS[code];
  return { code: rpcCode, message, data: { code, ...data } };
}
