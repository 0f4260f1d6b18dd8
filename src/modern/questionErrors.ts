import type { ResponseMessage } from '../wire/jsonrpc.ts';
import { REFUSALS } from '../wire/refusals.ts';
import type { Params } from './envelope.ts';

type RpcError = NonNullable<ResponseMessage['error']>;

/** What a handler gets instead of an answer to its question. */
export function errorOf(
  code: 'capability-missing' | 'too-many-parked' | 'call-lost',
  data?: Params,
): RpcError {
  const { rpcCode, message } = REFUSALS[code];
  return { code: rpcCode, message, data: { code, ...data } };
}
