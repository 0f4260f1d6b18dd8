import { Delivery } from '../http/delivery.ts';
import type { Incoming } from '../http/leg.ts';
import type { CallScope } from '../session/callScope.ts';
import { isRequest, type Message, type RequestId, type RequestMessage } from '../wire/jsonrpc.ts';
import type { Params } from './envelope.ts';
import type { Home } from './home.ts';

/** What a call is delivered with: the `extra` of the SDK's transports, and the call. */
export class CallDelivery extends Delivery {
  readonly call: CallScope;

  constructor({ origin }: Incoming, home: Home, call: CallScope) {
    super(origin, home.session, undefined);
    this.call = call;
  }

  /** No stream of this revision can be resumed, so a handler ends none. */
  override get closeStandaloneSSEStream(): undefined {
    return undefined;
  }
}

/** A request as the server behind gets it. */
export function innerOf(
  id: RequestId,
  { method }: RequestMessage,
  params?: Params,
): RequestMessage {
  return params === undefined
    ? { jsonrpc: '2.0', id, method }
    : { jsonrpc: '2.0', id, method, params };
}

/** The id of the one request in a body, for the answer that refuses it. */
export function idOf({ parcel }: Incoming): RequestId | undefined {
  const first: Message | undefined = parcel?.isBatch === false ? parcel.messages[0] : undefined;
  return first !== undefined && isRequest(first) ? first.id : undefined;
}
