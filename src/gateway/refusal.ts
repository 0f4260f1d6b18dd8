import type { RequestId, ResponseMessage } from '../wire/jsonrpc.ts';
import { REFUSALS, type RefusalCode } from '../wire/refusals.ts';

/** What the gateway answers where no server does. */
export function refusal(id: RequestId, code: RefusalCode): ResponseMessage {
  const { rpcCode, message } = REFUSALS[code];
  return { jsonrpc: '2.0', id, error: { code: rpcCode, message, data: { code } } };
}
